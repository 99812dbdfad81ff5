UPDATE lockstep_version
   SET parents = '{parents}', depends_on = '{depends_on}', message = '{message}',
       checksum = '{checksum}', token_checksum = '{token_checksum}', down_script = '{down_script}'
 WHERE revision = '{revision}';
