package revision_test

import (
	"fmt"

	"github.com/lockstep-db/lockstep/revision"
)

// Planning needs no database: it takes what is applied, and says which steps lead to a target.
func ExampleHistory_Upgrade() {
	history, err := revision.New([]*revision.Revision{
		{ID: "a1", Message: "create book"},
		{ID: "b1", Parents: []string{"a1"}, Message: "add year"},
		{ID: "b2", Parents: []string{"a1"}, Message: "add publisher"},
		{ID: "c1", Parents: []string{"b1", "b2"}, Message: "merge"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	applied, err := history.At("b1") // what a database at b1 has
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := history.Upgrade(applied, "head", revision.Accept{})
	for _, step := range plan.Steps {
		fmt.Println(step.Direction, step.Revision.Label())
	}
	fmt.Println(err)
	// Output:
	// upgrade b2 (add publisher)
	// upgrade c1 (merge)
	// <nil>
}
