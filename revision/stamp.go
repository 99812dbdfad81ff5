package revision

// Stamp is the change to the version table that declares targets to be current.
type Stamp struct {
	// Add are the revisions to declare applied, parents first.
	Add []*Revision
	// Remove are the ids to forget.
	Remove []string
	// Targets are the ids that the targets' texts meant.
	Targets []string
}

// Stamp plans to declare targets current without running anything, as Alembic's stamp
// does: tips at or above a target give way to it, other branches stay.
func (h *History) Stamp(applied []Applied, texts ...string) (Stamp, error) {
	var stamp Stamp
	if err := h.allFinished(applied); err != nil {
		return stamp, err
	}
	gone := map[string]bool{}
	for _, text := range texts {
		targets, roots, err := h.stamped(applied, text)
		if err != nil {
			return Stamp{}, err
		}
		stamp.Targets = append(stamp.Targets, targets...)
		for id := range h.descendants(roots...) {
			gone[id] = true
		}
		if text == "base" {
			gone = idSet(applied)
		}
	}
	var stay []string
	for _, tip := range Tips(applied) {
		if !gone[tip] {
			stay = append(stay, tip)
		}
	}
	h.fill(&stamp, applied, stay)
	return stamp, nil
}

// Adopt plans to declare applied what another tool has applied: these revisions, and what they
// need. Whatever else is applied stays.
func (h *History) Adopt(applied []Applied, ids []string) (Stamp, error) {
	if err := h.allFinished(applied); err != nil {
		return Stamp{}, err
	}
	stamp := Stamp{Targets: ids}
	h.fill(&stamp, applied, Tips(applied))
	return stamp, nil
}

// allFinished refuses rows whose scripts may still be at work.
func (h *History) allFinished(applied []Applied) error {
	for _, a := range applied {
		if a.State == Running || a.State == Reverting {
			return h.unfinished(a)
		}
	}
	return nil
}

// stamped is what one target of a stamp means, and from where on tips give way to it.
func (h *History) stamped(applied []Applied, text string) (targets, roots []string, err error) {
	t, err := parseTarget(text)
	if err != nil {
		return nil, nil, err
	}
	found, err := h.Resolve(text, applied)
	if err != nil || len(found) > 0 {
		return idsOf(found), idsOf(found), err
	}
	bases, err := h.roots(nil, applied, t)
	return nil, idsOf(bases), err
}

// fill finds the rows to add and to remove. Rows that no file has stay while anything
// does.
func (h *History) fill(stamp *Stamp, applied []Applied, stay []string) {
	set, wanted := idSet(applied), h.ancestors(stamp.Targets...)
	kept := h.ancestors(stay...)
	for _, r := range h.sorted(wanted) {
		if !set[r.ID] {
			stamp.Add = append(stamp.Add, r)
		}
	}
	for _, a := range applied {
		stays := h.byID[a.ID] == nil && len(stamp.Targets)+len(stay) > 0
		if !wanted[a.ID] && !kept[a.ID] && !stays {
			stamp.Remove = append(stamp.Remove, a.ID)
		}
	}
}
