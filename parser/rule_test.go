package parser

import "testing"

func classes(t *testing.T, text string) Class {
	t.Helper()
	all, err := scan(text)
	if err != nil || len(all) != 1 {
		t.Fatalf("%s: got %v and %v", text, all, err)
	}
	return all[0].Class
}

func TestTransactionControl(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want Class
	}{
		{"BEGIN", Class{Tx: TxBegin, Rule: "BEGIN"}},
		{"begin work isolation level serializable", Class{Tx: TxBegin, Rule: "BEGIN"}},
		{"START TRANSACTION READ ONLY", Class{Tx: TxStart, Rule: "START TRANSACTION"}},
		{"COMMIT AND CHAIN", Class{Tx: TxCommit, Rule: "COMMIT"}},
		{"END", Class{Tx: TxCommit, Rule: "COMMIT"}},
		{"ROLLBACK WORK AND NO CHAIN", Class{Tx: TxRollback, Rule: "ROLLBACK"}},
		{"ABORT TRANSACTION", Class{Tx: TxRollback, Rule: "ROLLBACK"}},
		{"ROLLBACK TO a", Class{Tx: TxRollbackTo, Block: Required, Rule: "ROLLBACK TO SAVEPOINT"}},
		{"ROLLBACK TRANSACTION TO SAVEPOINT a", Class{Tx: TxRollbackTo, Block: Required, Rule: "ROLLBACK TO SAVEPOINT"}},
		{"SAVEPOINT a", Class{Tx: TxSavepoint, Block: Required, Rule: "SAVEPOINT"}},
		{"RELEASE a", Class{Tx: TxRelease, Block: Required, Rule: "RELEASE SAVEPOINT"}},
		{"PREPARE TRANSACTION 'a'", Class{Tx: TxPrepare, Rule: "PREPARE TRANSACTION"}},
		{"PREPARE TRANSACTION $$a$$", Class{Tx: TxPrepare, Rule: "PREPARE TRANSACTION"}},
		{"COMMIT PREPARED 'a'", Class{Tx: TxCommitPrepared, Block: Forbidden, Rule: "COMMIT PREPARED"}},
		{"ROLLBACK PREPARED 'a'", Class{Tx: TxRollbackPrepared, Block: Forbidden, Rule: "ROLLBACK PREPARED"}},

		{"PREPARE transaction AS SELECT 1", Class{}},
		{"PREPARE transaction(int) AS SELECT $1", Class{}},
		{`"BEGIN"`, Class{}},
		{"DO 'BEGIN COMMIT; END'", maybe("DO", ifCommits)},
	}
	for _, test := range tests {
		if got := classes(t, test.text); got != test.want {
			t.Errorf("%s: got %+v", test.text, got)
		}
	}
}

func TestBlockRules(t *testing.T) {
	t.Parallel()
	const (
		cic     = "CREATE INDEX CONCURRENTLY"
		reindex = "REINDEX CONCURRENTLY"
		move    = "ALTER DATABASE SET TABLESPACE"
		detach  = "ALTER TABLE ... DETACH CONCURRENTLY"
		slot    = "CREATE SUBSCRIPTION ... WITH (create_slot = true)"
		refresh = "ALTER SUBSCRIPTION with refresh"
	)
	need := func(name string) Class { return Class{Block: Required, Rule: name} }
	tests := []struct {
		want  Class
		texts []string
	}{
		{forbidden(cic), []string{
			"CREATE INDEX CONCURRENTLY i ON t (a)",
			"create unique /**/ index concurrently on t (a)",
			"CREATE SCHEMA s CREATE TABLE t (a int) CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)",
		}},
		{forbidden("DROP INDEX CONCURRENTLY"), []string{"DROP INDEX CONCURRENTLY IF EXISTS i"}},
		{forbidden(reindex), []string{
			"REINDEX INDEX CONCURRENTLY i",
			"REINDEX (VERBOSE, TABLESPACE x) TABLE CONCURRENTLY t",
		}},
		{since(14, forbidden(reindex)), []string{
			"REINDEX (CONCURRENTLY) TABLE t",
			"REINDEX (verbose off, concurrently TRUE) INDEX i",
			`REINDEX ("concurrently" 'on') INDEX i`,
			"REINDEX (concurrently 1) TABLE t",
		}},
		{since(14, maybe("REINDEX TABLE", ifPartitioned)), []string{
			"REINDEX TABLE t",
			"REINDEX (CONCURRENTLY FALSE) TABLE t",
			"REINDEX (concurrently 'off') TABLE t",
			"REINDEX (concurrently 0) TABLE t",
			`REINDEX TABLE "concurrently"`,
		}},
		{since(14, maybe("REINDEX INDEX", ifPartitioned)), []string{"REINDEX (VERBOSE) INDEX concurrently_i"}},
		{forbidden("REINDEX SCHEMA"), []string{"REINDEX SCHEMA s", "REINDEX (VERBOSE) SCHEMA CONCURRENTLY s"}},
		{forbidden("REINDEX DATABASE"), []string{"REINDEX DATABASE"}},
		{forbidden("REINDEX SYSTEM"), []string{"REINDEX SYSTEM d"}},
		{forbidden("VACUUM"), []string{"VACUUM", "VACUUM (ANALYZE) t"}},
		{forbidden("CLUSTER"), []string{"CLUSTER", "CLUSTER VERBOSE", "CLUSTER (VERBOSE)"}},
		{since(15, maybe("CLUSTER", ifPartitioned)), []string{
			"CLUSTER t", "CLUSTER VERBOSE t USING i", "CLUSTER (VERBOSE) t", `CLUSTER "verbose"`,
		}},
		{since(19, forbidden("REPACK (CONCURRENTLY)")), []string{"REPACK (CONCURRENTLY) t"}},
		{since(19, forbidden("REPACK")), []string{"REPACK", "REPACK (VERBOSE)"}},
		{since(19, maybe("REPACK", ifPartitioned)), []string{"REPACK t", "REPACK (CONCURRENTLY off) t"}},
		{since(19, maybe("WAIT FOR", ifSnapshot)), []string{"WAIT FOR LSN '0/1'"}},
		{forbidden("CREATE DATABASE"), []string{"CREATE DATABASE d"}},
		{forbidden("DROP DATABASE"), []string{"DROP DATABASE IF EXISTS d"}},
		{forbidden(move), []string{
			"ALTER DATABASE d SET TABLESPACE t",
			"ALTER DATABASE d TABLESPACE t",
			"ALTER DATABASE d WITH TABLESPACE = t",
			"ALTER DATABASE d CONNECTION LIMIT 5 TABLESPACE t",
		}},
		{forbidden("CREATE TABLESPACE"), []string{"CREATE TABLESPACE t LOCATION '/x'"}},
		{forbidden("DROP TABLESPACE"), []string{"DROP TABLESPACE t"}},
		{forbidden("ALTER SYSTEM"), []string{"ALTER SYSTEM RESET ALL"}},
		{since(14, forbidden(detach)), []string{
			"ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
			`ALTER TABLE IF EXISTS ONLY s.t DETACH PARTITION "s".p CONCURRENTLY`,
			"ALTER TABLE ONLY (t) DETACH PARTITION p CONCURRENTLY",
		}},
		{forbidden(slot), []string{
			"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p",
			"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (connect, create_slot = on)",
			"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION connect WITH (slot_name = 'create_slot')",
		}},
		{maybe("DROP SUBSCRIPTION", ifSlot), []string{"DROP SUBSCRIPTION IF EXISTS s"}},
		{since(14, forbidden("ALTER SUBSCRIPTION ... REFRESH")), []string{
			"ALTER SUBSCRIPTION s REFRESH PUBLICATION WITH (copy_data = false)",
		}},
		{since(14, forbidden(refresh)), []string{
			"ALTER SUBSCRIPTION s SET PUBLICATION p, q",
			"ALTER SUBSCRIPTION s ADD PUBLICATION p WITH (copy_data = false)",
			"ALTER SUBSCRIPTION s DROP PUBLICATION p WITH (refresh = true)",
		}},
		{since(17, forbidden("ALTER SUBSCRIPTION ... SET (failover)")), []string{
			"ALTER SUBSCRIPTION s SET (slot_name = x, failover = false)",
		}},
		{since(18, forbidden("ALTER SUBSCRIPTION ... SET (two_phase)")), []string{
			`ALTER SUBSCRIPTION s SET ("two_phase" = off)`,
		}},
		{Class{Block: Forbidden, Rule: "DISCARD ALL", Flags: AdvisoryUnlock}, []string{"DISCARD ALL"}},
		{maybe("CALL", ifCommits), []string{"CALL p()"}},
		{need("LOCK TABLE"), []string{"LOCK t", "LOCK TABLE t"}},
		{need("DECLARE CURSOR"), []string{
			"DECLARE c CURSOR FOR SELECT 1",
			"DECLARE c NO SCROLL CURSOR WITHOUT HOLD FOR SELECT 1",
		}},
		{Class{}, []string{
			"DECLARE c BINARY SCROLL CURSOR WITH HOLD FOR SELECT 1",
			"CREATE INDEX i ON t (a)",
			`CREATE INDEX "concurrently" ON t (a)`,
			"CREATE INDEX concurrently_i ON t (a)",
			"CREATE SCHEMA s CREATE INDEX i ON t (a)",
			"DROP INDEX i",
			"COMMENT ON INDEX i IS 'CREATE INDEX CONCURRENTLY'",
			"REFRESH MATERIALIZED VIEW CONCURRENTLY v",
			"ANALYZE", "CHECKPOINT", "LISTEN a", "NOTIFY a", "CREATE EXTENSION e", "CREATE ROLE r",
			"EXECUTE p", "DISCARD PLANS", "DISCARD TEMP", "EXPLAIN ANALYZE SELECT 1",
			"ALTER TABLE t DETACH PARTITION p",
			"ALTER TABLE t DETACH PARTITION p FINALIZE",
			`ALTER TABLE t DETACH PARTITION "concurrently"`,
			"ALTER TABLE detach RENAME partition TO concurrently_p",
			"ALTER DATABASE d SET work_mem = '1MB'",
			"ALTER DATABASE d SET search_path = a, tablespace",
			"ALTER DATABASE d RENAME TO tablespace",
			"ALTER DATABASE d OWNER TO tablespace",
			"ALTER DATABASE d RESET tablespace",
			"ALTER DATABASE d REFRESH COLLATION VERSION",
			"ALTER DATABASE d CONNECTION LIMIT 5",
			"ALTER TABLESPACE t SET (seq_page_cost = 1)",
			"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (connect = false, slot_name = 's')",
			"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (slot_name = s, create_slot 'off')",
			`CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH ("create_slot" = 0)`,
			"ALTER SUBSCRIPTION s SET PUBLICATION p WITH (refresh = false)",
			"ALTER SUBSCRIPTION s ADD PUBLICATION p WITH (copy_data, refresh = off)",
			"ALTER SUBSCRIPTION s SET (slot_name = failover)",
			"ALTER SUBSCRIPTION s ENABLE",
			"SELECT vacuum FROM cluster",
			"(VACUUM)",
		}},
	}
	for _, test := range tests {
		for _, text := range test.texts {
			if got := classes(t, text); got != test.want {
				t.Errorf("%s: got %+v, want %+v", text, got, test.want)
			}
		}
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want Flags
	}{
		{"ALTER TYPE s.e ADD VALUE IF NOT EXISTS 'x'", EnumAddValue},
		{"ALTER TYPE e RENAME TO value", 0},
		{"ALTER TYPE e ADD ATTRIBUTE value int", 0},

		{"SET TRANSACTION READ ONLY", SetTransaction},
		{"SET LOCAL TRANSACTION READ ONLY", SetTransaction},
		{"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", SessionSet},
		{"SET SESSION AUTHORIZATION x", SessionSet},
		{"SET ROLE x", SessionSet},
		{"SET search_path = ''", SessionSet},
		{"RESET ALL", SessionSet},
		{"SET LOCAL work_mem = 1", LocalSet},
		{"SET CONSTRAINTS ALL DEFERRED", LocalSet},
		{"SHOW work_mem", 0},

		{"SET standard_conforming_strings = off", SessionSet | StdStringsOff},
		{`SET SESSION "Standard_Conforming_Strings" TO 'OFF'`, SessionSet | StdStringsOff},
		{"SET LOCAL standard_conforming_strings = false", LocalSet | StdStringsOff},
		{"SET standard_conforming_strings TO 0", SessionSet | StdStringsOff},
		{"SET standard_conforming_strings TO n", SessionSet | StdStringsOff},
		{"SET standard_conforming_strings = on", SessionSet},
		{"SET standard_conforming_strings TO DEFAULT", SessionSet},
		{"RESET standard_conforming_strings", SessionSet},
		{"SELECT set_config('standard_conforming_strings', 'off', false)", SetConfig | StdStringsOff},
		{"SELECT (SELECT pg_catalog.Set_Config(E'standard_conforming_strings', $$no$$, true))", SetConfig | StdStringsOff},
		{"SELECT set_config('a', 'b', true), set_config('standard_conforming_strings', 'off', true)", SetConfig | StdStringsOff},
		{"SELECT set_config('standard_conforming_strings', 'on', false)", SetConfig},
		{"SELECT set_config(standard_conforming_strings, 'off', false)", SetConfig},
		{"SELECT set_config('standard_conforming_strings', x, false)", SetConfig},
		{"SELECT set_config", SetConfig},
		{"SELECT set_config()", SetConfig},
		{"SELECT pg_catalog.set_config('search_path', '', false)", SetConfig},

		{"SET client_encoding = 'LATIN1'", SessionSet | ClientEncoding},
		{"SET client_encoding TO DEFAULT", SessionSet | ClientEncoding},
		{"RESET client_encoding", SessionSet | ClientEncoding},
		{"SET NAMES 'SQL_ASCII'", SessionSet | ClientEncoding},
		{"SET NAMES", SessionSet | ClientEncoding},
		{"SELECT set_config('client_encoding', 'win1252', true)", SetConfig | ClientEncoding},
		{"SET client_encoding = 'UTF8'", SessionSet},
		{"SET client_encoding TO 'Utf-8'", SessionSet},
		{"SET NAMES unicode", SessionSet},

		{"SELECT pg_advisory_unlock_all()", AdvisoryUnlock},
		{"SELECT pg_catalog.PG_Advisory_Unlock(1)", AdvisoryUnlock},
		{"SELECT (SELECT pg_advisory_unlock_shared(1))", AdvisoryUnlock},
		{"SELECT pg_advisory_xact_lock(1), 'pg_advisory_unlock_all()'", 0},
	}
	for _, test := range tests {
		if got := classes(t, test.text).Flags; got != test.want {
			t.Errorf("%s: got %b, want %b", test.text, got, test.want)
		}
	}
}

var (
	corpusTx = map[TxKind]string{
		TxBegin: "BEGIN", TxStart: "START", TxCommit: "COMMIT", TxRollback: "ROLLBACK",
		TxSavepoint: "SAVEPOINT", TxRelease: "RELEASE", TxRollbackTo: "ROLLBACK_TO",
		TxPrepare: "PREPARE", TxCommitPrepared: "COMMIT_PREPARED", TxRollbackPrepared: "ROLLBACK_PREPARED",
	}
	corpusCopy = map[CopyKind]string{
		CopyFromStdin: "from-stdin", CopyToStdout: "to-stdout",
		CopyFromServer: "from-server", CopyToServer: "to-server",
	}
	corpusIf = map[string]string{
		ifPartitioned: "if-partitioned", ifSlot: "if-slot", ifCommits: "if-it-commits",
	}
)

func testClass(t *testing.T, got Statement, want corpusStatement) {
	if tx := corpusTx[got.Tx]; tx != want.Tx {
		t.Errorf("got tx %q, want %q", tx, want.Tx)
	}
	if kind := corpusCopy[got.Copy]; kind != want.Copy {
		t.Errorf("got copy %q, want %q", kind, want.Copy)
	}
	nontx := corpusIf[got.If]
	if got.Block == Forbidden {
		nontx = "always"
	}
	if nontx != want.Nontx {
		t.Errorf("got nontx %q, want %q", nontx, want.Nontx)
	}
	if note := corpusNote(got); note != want.Note {
		t.Errorf("got note %q, want %q", note, want.Note)
	}
}

// corpusNote returns the corpus's word for a statement. It has none for the
// block that SAVEPOINT and its kin need, as they have a tx.
func corpusNote(s Statement) string {
	switch {
	case s.Flags&EnumAddValue != 0:
		return "enum-add-value"
	case s.Flags&SetTransaction != 0:
		return "set-transaction"
	case s.Flags&SessionSet != 0:
		return "session-set"
	case s.Block == Required && s.Tx == TxNone:
		return "needs-transaction-block"
	}
	return ""
}
