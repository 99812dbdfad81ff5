package runner

import (
	"context"

	"github.com/lockstep-db/lockstep/revision"
)

// Status compares the database with a history: what is applied, pending, out of order,
// changed or unknown. Like [Runner.State] it creates nothing and takes no lock.
func (r *Runner) Status(ctx context.Context, h *revision.History) (revision.Status, error) {
	state, err := r.State(ctx)
	if err != nil {
		return revision.Status{}, err
	}
	return h.Status(state.Applied)
}

// Pending are the revisions that the database lacks, in the order in which an upgrade to the
// heads would apply them. It reads, as [Runner.Status] does, which also says why such an
// upgrade would be refused.
func (r *Runner) Pending(ctx context.Context, h *revision.History) ([]*revision.Revision, error) {
	status, err := r.Status(ctx, h)
	return status.Pending, err
}
