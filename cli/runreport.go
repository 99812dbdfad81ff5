package cli

import (
	"errors"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
)

// stepJSON is a step in the report of a run.
type stepJSON struct {
	Revision     string `json:"revision"`
	Message      string `json:"message"`
	File         string `json:"file"`
	Microseconds int64  `json:"microseconds"`
}

// runJSON is the report of a run.
type runJSON struct {
	Direction string     `json:"direction"`
	Targets   []string   `json:"targets"`
	Done      []stepJSON `json:"done"`
	Others    int        `json:"done_by_others"`
	Error     string     `json:"error,omitempty"`
	Failed    *failJSON  `json:"failed,omitempty"`
}

// failJSON is the step that failed in the report of a run.
type failJSON struct {
	Revision string `json:"revision"`
	File     string `json:"file"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	SQLState string `json:"sqlstate,omitempty"`
	// Unfinished is a script outside a transaction that has done a part; Unknown is a step
	// after which the connection was lost.
	Unfinished bool `json:"unfinished"`
	Unknown    bool `json:"unknown"`
}

// failed is the step that an error is about, nil if it is about none.
func failed(err error) *failJSON {
	var step *runner.StepError
	if !errors.As(err, &step) {
		return nil
	}
	f := &failJSON{
		Revision: step.Step.Revision.ID, File: step.Step.Script().Name,
		Line: step.Place.Line, Column: step.Place.Column, Unfinished: step.Recorded, Unknown: step.Unknown,
	}
	if server, ok := serverError(err); ok {
		f.SQLState = server.Code
	}
	return f
}

func resultJSON(direction revision.Direction, result runner.Result, err error) runJSON {
	j := runJSON{Direction: direction.String(), Targets: notNil(result.Plan.Targets), Done: []stepJSON{}, Others: result.Others}
	for _, d := range result.Done {
		j.Done = append(j.Done, stepJSON{
			Revision: d.Step.Revision.ID, Message: d.Step.Revision.Message,
			File: d.Step.Script().Name, Microseconds: d.Took.Microseconds(),
		})
	}
	if err != nil {
		j.Error, j.Failed = err.Error(), failed(err)
	}
	return j
}
