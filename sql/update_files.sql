UPDATE lockstep.version
   SET parents = '{parents_array}', depends_on = '{depends_on_array}', message = '{message}',
       checksum = '{checksum}', token_checksum = '{token_checksum}', down_script = '{down_script}'
 WHERE scope = '{scope}' AND revision = '{revision}';
