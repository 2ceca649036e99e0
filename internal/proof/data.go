package proof

import (
	"context"
	"slices"
	"unicode/utf8"

	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/vault"
)

// overhead is what sealing adds to a plaintext: a nonce and a tag.
const overhead = 12 + 16

// encryptionAtRest reads samples of every sealed column as if they were plain,
// and asks the keys whether they open what the store holds (O9).
func (s *System) encryptionAtRest(ctx context.Context, e *examination) {
	columns := db.SealedColumns(s.Tables)
	total := 0
	for _, c := range columns {
		samples, err := sample(ctx, s.DB, c[0], c[1])
		if err != nil {
			e.failed()
			return
		}
		total += len(samples)
		plain := 0
		for _, b := range samples {
			if !sealed(b) {
				plain++
			}
		}
		if plain > 0 {
			e.broken("plaintext", "plaintext", "column", c[0]+"."+c[1], "n", plain)
		}
	}
	e.note("samples", "n", total, "columns", len(columns))
	s.hierarchy(ctx, e)
	for _, fault := range personal(s.Tables) {
		e.broken("readable", "readable-column", "column", fault)
	}
}

// sealed reports whether b can be ciphertext: long enough, and without a run
// of readable text that random bytes do not have.
func sealed(b []byte) bool {
	if len(b) < overhead {
		return false
	}
	whole, run := len(b), 0
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		b = b[size:]
		if r == utf8.RuneError || r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			run = 0
			continue
		}
		if run += size; run >= readable || run == whole {
			return false
		}
	}
	return true
}

// readable is how many bytes of text in a row are no accident: random bytes
// go on being text with a chance of less than one half each.
const readable = 40

// personal lists readable personal columns that give no reason.
func personal(tables []db.Table) []string {
	var out []string
	for _, t := range tables {
		for column, holds := range t.Columns {
			if holds == db.Personal && t.Why[column] == "" {
				out = append(out, t.Name+"."+column)
			}
		}
	}
	slices.Sort(out)
	return out
}

// hierarchy looks whether every key in the store is wrapped by an epoch that
// the key directory has, and opens some.
func (s *System) hierarchy(ctx context.Context, e *examination) {
	inUse, err := vault.EpochUse(ctx, s.DB)
	if err != nil {
		e.failed()
		return
	}
	have := s.Ring.Epochs()
	scopes := int64(0)
	for epoch, n := range inUse {
		scopes += n
		if !slices.Contains(have, epoch) {
			e.broken("key-lost", "epoch-lost", "epoch", epoch, "n", n)
		}
	}
	e.note("scope-keys", "n", scopes, "epochs", len(have))
	subjects, err := someSubjects(ctx, s.DB)
	if err != nil {
		e.failed()
		return
	}
	keeper := vault.NewKeeper(s.Ring)
	opened := 0
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		for _, subject := range subjects {
			if _, err := keeper.Evidence(tx, subject); err != nil {
				e.broken("key-lost", "key-fault", "subject", subject, "fault", keyFault(err))
				continue
			}
			opened++
		}
		return nil
	})
	if err != nil {
		e.failed()
		return
	}
	e.note("keys-opened", "n", opened)
}

// declaredData compares the schema with what the features declare, and the
// fields of stored values with the policy (O2, O19, I1).
func (s *System) declaredData(ctx context.Context, e *examination) {
	schema, err := s.DB.Schema(ctx)
	if err != nil {
		e.failed()
		return
	}
	for _, fault := range listed(db.Undeclared(schema, s.Tables)) {
		e.broken("undeclared-column", "undeclared-column", "fault", fault)
	}
	columns := 0
	for _, c := range schema {
		columns += len(c)
	}
	e.note("columns", "n", columns, "tables", len(schema))
	origins, err := origins(ctx, s.DB)
	if err != nil {
		e.failed()
		return
	}
	p := s.InForce().Policy
	fields := map[string]bool{}
	for _, o := range origins {
		if fields[o.field] {
			continue
		}
		fields[o.field] = true
		if _, ok := p.Field(o.field); !ok {
			e.broken("undeclared-field", "undeclared-field", "field", o.field)
		}
	}
	e.note("fields", "n", len(fields))
}

// sources looks where every stored value says it came from (O3).
func (s *System) sources(ctx context.Context, e *examination) {
	origins, err := origins(ctx, s.DB)
	if err != nil {
		e.failed()
		return
	}
	p := s.InForce().Policy
	values := int64(0)
	for _, o := range origins {
		values += o.n
		if !p.HasSource(o.field, o.source) {
			e.broken("undeclared-source", "undeclared-source", "field", o.field, "source", o.source, "n", o.n)
		}
	}
	e.note("values", "n", values)
}

// needToKnow looks whether every route has an audience and an activity that
// the policy knows, whether officials have a second factor, and puts questions
// to the policy that it must refuse (O5, O10).
func (s *System) needToKnow(ctx context.Context, e *examination) {
	p := s.InForce().Policy
	s.routes(e, p)
	s.refusals(e, p)
	if s.Factors == nil {
		e.failed()
		return
	}
	staff, without, err := s.Factors.SecondFactors(ctx)
	switch {
	case err != nil:
		e.failed()
	case s.Demo:
		e.risk(ReasonDemo, "demo-factor")
	case without > 0:
		e.broken("weak-staff", "weak-staff", "n", without)
	default:
		e.note("strong-staff", "n", staff)
	}
}

// refusals asks the policy in force for what it must deny.
func (s *System) refusals(e *examination, p *policy.Policy) {
	asked := 0
	refuse := func(why, activity string, req policy.Request, want policy.Reason) {
		asked++
		var permit policy.Permit
		if d := p.Decide(&req, &permit); d.Allowed || want != policy.ReasonUndecided && d.Reason != want {
			e.broken("not-refused", "not-refused", "question", why, "activity", activity, "reason", d.Reason.String())
		}
	}
	refuse("nobody", "-", policy.Request{}, policy.ReasonUnknownActor)
	for _, a := range p.Declarations().Activities {
		now := s.Clock.Now()
		req := policy.Request{
			Actor:   policy.Actor{Kind: policy.Person, ID: "examiner", Strong: true},
			Subject: "somebody-else", Activity: a.ID, Scope: "profile", Operation: policy.Use, Fields: a.Fields, Now: now, Tx: 1,
		}
		refuse("another person", a.ID, req, policy.ReasonUndecided)
		req.Actor = policy.Actor{Kind: policy.Staff, ID: "examiner", Roles: []string{"no-such-role"}, Strong: true}
		refuse("an official without the role", a.ID, req, policy.ReasonUndecided)
		req.Actor.Kind, req.Activity = policy.System, a.ID+"-unknown"
		refuse("an unknown activity", a.ID, req, policy.ReasonUnknownActivity)
		for _, role := range p.Declarations().Roles {
			req.Activity, req.Actor = a.ID, policy.Actor{Kind: policy.Staff, ID: "examiner", Roles: []string{role.ID}, Strong: true}
			if a.Relation != policy.RelationDuty { // there the role alone is enough
				refuse("an official without a task", a.ID, req, policy.ReasonUndecided)
			}
			if req.Actor.Strong = false; !s.Demo {
				refuse("an official without a second factor", a.ID, req, policy.ReasonUndecided)
			}
		}
	}
	e.note("refused", "n", asked)
}
