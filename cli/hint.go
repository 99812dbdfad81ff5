package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/lockstep-db/lockstep/importer"
	"github.com/lockstep-db/lockstep/lock"
	"github.com/lockstep-db/lockstep/parser"
	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
	"github.com/lockstep-db/lockstep/schema"
)

// hints say what to do about an error; there may be nothing to say.
func hints(err error) []string {
	var out []string
	for _, hint := range []func(error) string{
		hintHistory, hintTarget, hintState, hintUnfinished, hintLock, hintServer, hintConnect, hintSetUp, hintImport,
	} {
		if text := hint(err); text != "" {
			out = append(out, text)
		}
	}
	return out
}

func hintHistory(err error) string {
	var faults revision.Faults
	var files parser.Faults
	switch {
	case is[*importError](err):
		return "" // they are another tool's files
	case errors.As(err, &faults):
		return "correct the headers; nothing was sent to the database"
	case errors.As(err, &files):
		return "nothing was sent to the database"
	case is[*revision.EditedError](err):
		return "run it again, with files that nobody writes to meanwhile"
	}
	return ""
}

func hintTarget(err error) string {
	var target *revision.TargetError
	var notHead *notHeadError
	switch {
	case errors.As(err, &notHead) && notHead.merge:
		return "name heads: lockstep heads lists them"
	case errors.As(err, &notHead):
		return "follow a head (lockstep heads), or begin a branch here with --splice"
	case !errors.As(err, &target):
		return ""
	case target.Fault == revision.MultipleHeads:
		return "name one of them, say heads for all, or join them: lockstep merge " +
			strings.Join(idsOfRevisions(target.Candidates), " ")
	case target.Fault == revision.AmbiguousWalk || target.Fault == revision.AmbiguousPrefix:
		return "name one of them"
	case target.Fault == revision.UnknownRevision:
		return "lockstep history lists the revisions"
	case target.Fault == revision.NotApplied:
		return "lockstep status shows what is applied"
	case target.Fault == revision.OutOfRange:
		return "lockstep status shows what is applied, lockstep history what there is"
	case target.Fault == revision.NoDatabase:
		return "lockstep current shows what the database is at"
	case target.Fault == revision.WrongWay && strings.HasPrefix(target.Target, "-"):
		return "to go back: lockstep downgrade " + target.Target
	case target.Fault == revision.WrongWay:
		return "to go on: lockstep upgrade " + target.Target
	case target.Fault == revision.MalformedTarget:
		return "a target is head, heads, base, current, a revision or a unique prefix, with +N or -N; +N or -N alone"
	}
	return ""
}

func hintState(err error) string {
	var changed *revision.ChangedError
	var outOfOrder *revision.OutOfOrderError
	var irreversible *revision.IrreversibleError
	switch {
	case errors.As(err, &changed):
		return "put the file back as it was, or accept it as it is: lockstep repair " + changed.Revisions[0].ID
	case is[*revision.AheadError](err):
		return "use the files of a newer release, or go on with --if-ahead=warn"
	case errors.As(err, &outOfOrder):
		return "apply them all the same with --out-of-order, or let them follow the head in their headers"
	case errors.As(err, &irreversible):
		return "restore a backup, or write the SQL of the way back into that file"
	case is[*revision.MissingFileError](err):
		return "use the files of the release that applied it, or the scripts that the version table has kept: lockstep downgrade --from-database"
	case is[*runner.MovedError](err):
		return "look at lockstep status, and run the command again"
	}
	return ""
}

func hintUnfinished(err error) string {
	var unfinished *revision.UnfinishedError
	var invalid *runner.InvalidIndexError
	var step *runner.StepError
	switch {
	case errors.As(err, &invalid) && invalid.Builder == 0:
		return fmt.Sprintf("drop what is invalid (DROP INDEX CONCURRENTLY %s;), and go on with --resume", strings.Join(invalid.Indexes, ", "))
	case is[*runner.ResumeError](err):
		return "put those statements back as they were, or end or undo the script by hand and say so with lockstep repair"
	case errors.As(err, &unfinished):
		return waysOut(unfinished.Applied.ID, unfinished.Step().Direction)
	case errors.As(err, &step) && step.Recorded:
		return waysOut(step.Step.Revision.ID, step.Step.Direction)
	}
	return ""
}

// waysOut are the ways out of an unfinished script.
func waysOut(id string, direction revision.Direction) string {
	if direction == revision.Down {
		return fmt.Sprintf("go on reverting: lockstep downgrade TARGET --resume; or by hand: when all of it is reverted, "+
			"lockstep repair %s --not-applied; when all of it is there again, lockstep repair %s --applied", id, id)
	}
	return fmt.Sprintf("go on: lockstep upgrade --resume (after an edit, lockstep repair %s first); or by hand: when all of it is done, "+
		"lockstep repair %s --applied; when nothing of it is left, lockstep repair %s --not-applied", id, id, id)
}

func hintLock(err error) string {
	var timeout *lock.TimeoutError
	switch {
	case !errors.As(err, &timeout):
		return ""
	case timeout.Holder == nil:
		return "wait longer with --lock-wait"
	case timeout.Holder.PID == 0:
		return "SELECT * FROM pg_prepared_xacts shows prepared transactions"
	}
	return fmt.Sprintf("wait longer with --lock-wait; SELECT pg_terminate_backend(%d) would interrupt what it does", timeout.Holder.PID)
}

// hintSetUp is about what has to be there before anything can run.
func hintSetUp(err error) string {
	var dump *schema.DumpError
	var directory *directoryError
	switch {
	case errors.As(err, &dump) && dump.TooOld():
		return "install the client programs of the server's version, or name its pg_dump: --pg-dump PATH"
	case is[*declaredError](err):
		return "name a file, or a directory with files *.sql: --schema PATH; lockstep dump -o schema.sql writes one"
	case errors.As(err, &directory):
		return hintDirectory(directory)
	case is[*runner.StandbyError](err):
		return "name the primary, or add target_session_attrs=read-write to the URL"
	case is[*runner.PoolerError](err):
		return "give --database-url the address of the server itself"
	case is[*runner.ShapeError](err):
		return "use the version of lockstep that made it; or rename it, if it is not lockstep's"
	}
	return ""
}

func hintDirectory(e *directoryError) string {
	if up := e.above(); up != "" {
		return fmt.Sprintf("it is in %s: run lockstep there, or name it with --dir", up)
	}
	return "name it with --dir, or create it: lockstep init"
}

// hintImport is about another tool's files and version table.
func hintImport(err error) string {
	var faults *importError
	var foreign *runner.ForeignError
	var adopt *importer.AdoptError
	var none *importer.NoneError
	switch {
	case errors.As(err, &none) && none.Tool == "sqitch":
		return hintSource("sqitch", "sqitch.plan")
	case errors.As(err, &none):
		return hintSource(none.Tool, "its migrations")
	case is[*noAlembicINIError](err):
		return hintSource("alembic", "alembic.ini")
	case errors.As(err, &faults):
		return "nothing was written; correct the files of " + faults.tool + ", or a copy of them, and import that"
	case is[*occupiedError](err):
		return "name a directory without migrations: --dir DIR"
	case is[*noAlembicError](err):
		return "nothing was written; the SQL of Alembic's revisions is what it prints: run this where alembic upgrade base:heads --sql works"
	case errors.As(err, &foreign):
		return fmt.Sprintf("nothing was adopted; %s was looked for: name another one with --table SCHEMA.NAME", foreign.Table)
	case errors.As(err, &adopt):
		return "nothing was adopted"
	}
	return ""
}

// hintSource is about a directory that has nothing of a tool.
func hintSource(tool, of string) string {
	return fmt.Sprintf("nothing was written; name the directory of %s: lockstep import %s DIR", of, tool)
}
