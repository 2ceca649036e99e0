package drafts

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"portico/internal/cases"
	"portico/internal/forms"
	"portico/internal/forms/sent"
	"portico/internal/platform/db"
	"portico/internal/platform/id"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/services"
	"portico/internal/uploads"
	"portico/internal/vault"
)

// Place is whose application for what somebody makes.
type Place struct {
	Actor   policy.Actor
	Level   web.Level // how well the portal knows them
	Service string
	Variant string
	Lang    string // of the page
	Draft   string // of an official who enters for somebody else: the draft's id
}

// Work is an application while somebody makes it.
type Work struct {
	Service *services.Definition
	Offer   services.Offer
	Draft   *Draft        // nil until something was saved
	Before  int           // how many applications of this kind the person has sent
	sent    []*cases.Case // these, if there is no draft
	Outcome *forms.Outcome
	Typed   map[string]string // what stands in each input
	actor   policy.Actor
	content content
	edited  bool              // a row was added or taken away
	rows    map[string]string // what the rows are called that were sent, see sent.Sent
	tasks   []forms.Task      // its pages, and how far they are
	files   []*uploads.File
	Bar     *services.Bar // why nothing can be sent as things stand
	may     []sent.Company
	Carried *Carried // what a newer version of the service changes
	Sealed  bool     // the policy in force knows no use of what was typed
	odd     bool     // what was sent is not what the page sends, so that nothing was kept
}

// attempts is how often a change is made again because another was first.
const attempts = 8

// use is a use of a draft by whoever makes it.
func (w *Work) use(op policy.Operation, fields ...string) vault.Use {
	u := vault.Use{Actor: w.actor, Subject: w.Draft.Subject, Activity: w.Service.ApplyActivity(), Scope: w.Draft.Scope(), Operation: op, Fields: fields}
	if w.actor.Kind == policy.Staff {
		u.Activity = w.Service.EnterActivity()
		u.Task = policy.Task{Scope: w.Draft.Scope(), Holder: w.Draft.By, Open: true}
	}
	return u
}

// service finds the service and the variant of it that are in force.
func (s *Drafts) service(p Place) (*Work, error) {
	if d := s.Catalogue.Service(p.Service); d != nil {
		if offer, ok := d.Offer(p.Variant); ok {
			return &Work{Service: d, Offer: offer, actor: p.Actor}, nil
		}
	}
	return nil, errUnknown
}

// withdrawn is the draft of a service, or of a variant, that is not in force
// any more, as it was when somebody last changed it. They can read what they
// typed as long as the policy in force knows a use for it, and delete it.
func (s *Drafts) withdrawn(ctx context.Context, p Place) (*Work, error) {
	row, err := s.row(ctx, p)
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, errUnknown
	}
	d := s.Catalogue.Version(row.Instance, row.Service)
	if d == nil {
		return nil, errUnknown
	}
	offer, _ := d.Offer(p.Variant)
	w := &Work{Service: d, Offer: offer, actor: p.Actor, Draft: row, Bar: &services.Bar{Withdrawn: true}}
	if a, ok := s.Policy().Activity(d.ApplyActivity()); !ok || !slices.Contains(a.Fields, d.DraftField()) {
		w.Sealed, w.Outcome = true, &forms.Outcome{}
		return w, nil
	}
	if err := s.load(ctx, w); err != nil {
		return nil, err
	}
	return w, s.judge(w)
}

// row is the draft of a place, nil if there is none.
func (s *Drafts) row(ctx context.Context, p Place) (row *Draft, err error) {
	if p.Actor.Kind == policy.Staff {
		return s.entering(ctx, p)
	}
	err = s.DB.Glance(ctx, func(tx *db.Tx) error {
		row, err = selectOf(tx, p.Actor.ID, p.Service, p.Variant, p.Actor.ID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find a draft: %w", err)
	}
	return row, nil
}

// Open returns the application as it stands: the draft, or what the profile
// fills in for a new one. It stores nothing.
func (s *Drafts) Open(ctx context.Context, p Place) (*Work, error) {
	w, err := s.service(p)
	if errors.Is(err, errUnknown) {
		return s.withdrawn(ctx, p)
	}
	if err != nil {
		return nil, err
	}
	if w.Draft, err = s.row(ctx, p); err != nil {
		return nil, err
	}
	if err := s.load(ctx, w); err != nil {
		return nil, err
	}
	if w.Bar, err = s.bar(ctx, w, p.Level); err != nil {
		return nil, err
	}
	if w.may, err = s.companies(ctx, w); err != nil {
		return nil, err
	}
	s.carry(w)
	return w, s.judge(w)
}

// load reads what is sealed of a draft, or begins a new one.
func (s *Drafts) load(ctx context.Context, w *Work) error {
	if w.Draft != nil {
		text, err := s.read(ctx, w)
		if err != nil {
			return err
		}
		c, err := unpack(text)
		w.content = c.clone()
		return err
	}
	var err error
	if w.sent, err = s.before(ctx, w); err != nil {
		return err
	}
	w.Before = len(w.sent)
	offers, err := s.profile(ctx, w, "allow")
	w.content = (&content{}).clone()
	for _, f := range w.Service.Form.Fields() {
		if o, ok := offers[f.Key]; ok {
			w.content.fill(w.Service.Form, f, o)
		}
	}
	return err
}

// before lists the applications of this kind that the person has sent.
func (s *Drafts) before(ctx context.Context, w *Work) ([]*cases.Case, error) {
	variant := w.Offer.Variant
	if w.Draft != nil {
		variant = w.Draft.Variant // which may not be offered any more
	}
	list, err := s.Cases.Of(ctx, w.actor.ID)
	return slices.DeleteFunc(list, func(c *cases.Case) bool { return c.Service != w.Service.ID || c.Variant != variant }), err
}

// reusable reports whether the profile may answer a question in a way. Nobody
// agrees to anything by what they said before: a yes or no is always asked.
func reusable(f forms.Field, how string) bool {
	return f.Core && f.Reuse == how && f.Asked() && f.Kind != forms.YesNo && f.Kind != forms.Warranty
}

// profile reads what the person's profile has for the questions that it may
// answer in a way: allow, or ask; only for those with a key, if there are any.
func (s *Drafts) profile(ctx context.Context, w *Work, how string, keys ...string) (map[string]offer, error) {
	form := w.Service.Form
	var fields []string
	for _, f := range form.Fields() {
		if reusable(f, how) && (len(keys) == 0 || slices.Contains(keys, f.Key)) {
			fields = append(fields, f.ID)
		}
	}
	out := map[string]offer{}
	if len(fields) == 0 || w.actor.Kind != policy.Person {
		return out, nil
	}
	values, err := s.Vault.Read(ctx, vault.Use{
		Actor: w.actor, Subject: w.actor.ID, Activity: w.Service.ApplyActivity(), Scope: vault.Profile, Operation: policy.Use, Fields: fields,
	})
	if err != nil {
		return nil, err
	}
	for _, f := range form.Fields() {
		if v := values[f.ID]; v.Text != "" && s.Policy().HasSource(f.ID, v.Source) {
			out[f.Key] = offer{v.Text, v.Source}
		}
	}
	return out, nil
}

// judge runs the form on what was typed. That a rule failed is an error of the
// form, so that nothing is sent and nothing that was typed is lost.
func (s *Drafts) judge(w *Work) error {
	return s.judgeRead(w, sent.Decode(w.Service.Form, sent.Input{Values: known(w.Service.Form, w.content.Typed), Companies: w.may}))
}

func (s *Drafts) judgeRead(w *Work, read *sent.Sent) (err error) {
	w.Typed, w.edited, w.rows = read.Typed, read.Edited != "", read.Rows
	waits := w.attach(read)
	w.Outcome, err = w.Service.Form.Check(read.Answers, forms.At{Now: s.Clock.Now(), Variant: w.Offer.Variant}, read.Errors...)
	var rule *forms.RuleError
	if errors.As(err, &rule) {
		w.Outcome = &forms.Outcome{Answers: read.Answers, Errors: append(read.Errors, forms.Error{
			Code: "forms.error.rule", Args: []any{"rule", rule.Rule}, Rule: rule.Rule,
		})}
		return nil
	}
	if err == nil {
		w.wait(waits)
		w.tasks = w.Service.Form.Tasks(w.Outcome, read.Errors...)
	}
	return err
}

// Seen names what a page holds as it is saved.
func (w *Work) Seen(page string) string {
	p, _ := w.Service.Form.Page(page)
	return digest(ofPage(w.Service.Form, p, w.content.Typed))
}

// Filled returns the keys of the questions that the profile answered, and
// whose answers nobody changed.
func (w *Work) Filled() []string { return slices.Sorted(maps.Keys(w.content.Filled)) }

// wrong returns the faults of a page.
func (w *Work) wrong(page forms.Page) (list []forms.Error) {
	for _, e := range w.Outcome.Errors {
		if on, ok := w.Service.Form.PageOf(e.Key); ok && on.ID == page.ID {
			list = append(list, e)
		}
	}
	return list
}

// Change is what somebody does on a page of questions.
type Change struct {
	Page   string
	Draft  string     // the id of the draft that the page was made from; empty if there was none
	Before int        // how many applications had been sent then
	Seen   string     // what the page held then
	Sent   url.Values // the inputs of the page, as they were typed
	Use    string     // the key of a question that the profile is to answer
	Clear  string     // the key of a question that it is not to answer
	Alone  bool       // it is to answer none
	Onward bool       // the person goes on to what follows
	Hand   string     // the window that sends the page and how often it did, WINDOW.N; empty without scripts
	Itself bool       // the page saves itself: nobody has pressed a button
}

// Save keeps what was typed on a page, right or wrong. It answers *Sent if the
// application was sent already, and *Differs if the page was changed elsewhere
// since it was shown, by another window than the one that sends it; then
// nothing is stored. What nobody types on the page by
// accident is not kept either: the work that is returned shows it.
func (s *Drafts) Save(ctx context.Context, p Place, ch Change) (*Work, error) {
	for range attempts {
		w, err := s.save(ctx, p, ch)
		if !again(err) {
			return w, err
		}
	}
	return nil, errBusy
}

func (s *Drafts) save(ctx context.Context, p Place, ch Change) (*Work, error) {
	w, err := s.Open(ctx, p)
	if err != nil {
		return nil, err
	}
	form := w.Service.Form
	page, ok := form.Page(ch.Page)
	if !ok {
		return nil, errNotFound
	}
	if err := s.gone(ctx, w, ch); err != nil {
		return w, err
	}
	if w.Bar != nil {
		return w, errBarred
	}
	if ch.Itself && ch.Draft != "" && (w.Draft == nil || w.Draft.ID != ch.Draft) {
		return w, errMoved // it was deleted, or somebody else has signed in: only who presses a button begins another
	}
	was := w.content.clone()
	now, last := handOf(ch.Hand), was.Hands[page.ID]
	if now.same(last) && now.Count < last.Count {
		return w, nil // the window itself has sent something later, which arrived first
	}
	in := sent.Input{Values: ch.Sent, Page: page.ID, Companies: w.may}
	typed := ofPage(form, page, ch.Sent)
	saved := ofPage(form, page, was.Typed)
	if w.Draft != nil && ch.Seen != digest(saved) && !same(saved, typed) && !now.same(last) {
		saved := *w
		if err := s.show(w, page, in); err != nil {
			return nil, err
		}
		return w, &Differs{&saved}
	}
	if odd(form, in) {
		w.odd = true
		return w, s.show(w, page, in)
	}
	read := w.content.put(form, page, in)
	if now.same(last) || !same(saved, typed) {
		w.content.by(page.ID, now)
	}
	if again, err := s.reuse(ctx, w, ch); err != nil {
		return nil, err
	} else if again {
		read = sent.Decode(form, sent.Input{Values: known(form, w.content.Typed), Companies: w.may})
	}
	if err := s.judgeRead(w, read); err != nil {
		return nil, err
	}
	if ch.Onward {
		w.content.done(page.ID, len(w.wrong(page)) == 0)
	}
	if w.Draft == nil && len(typed) == 0 {
		return w, nil // nothing was typed at all
	}
	return w, s.keep(ctx, w, was, page.ID)
}

// show makes the work what it would be with the inputs of a page, which are
// not kept.
func (s *Drafts) show(w *Work, page forms.Page, in sent.Input) error {
	form := w.Service.Form
	all := known(form, w.content.Typed)
	maps.DeleteFunc(all, func(name string, _ []string) bool { return onPage(form, page, name) })
	maps.Copy(all, in.Values) // what the edge took out, too
	return s.judgeRead(w, sent.Decode(form, sent.Input{Values: all, Companies: in.Companies}))
}

// odd reports whether the inputs are not those that the page sends: one that
// it does not have, twice the same, or what nobody can read.
func odd(form *forms.Form, in sent.Input) bool {
	for _, values := range in.Values {
		if len(strings.Join(values, "")) > maxInput {
			return true
		}
	}
	return slices.ContainsFunc(sent.Decode(form, in).Errors, func(e forms.Error) bool {
		return slices.Contains([]string{"forms.error.unknown", "forms.error.twice", "forms.error.characters"}, e.Code)
	})
}

// gone finds out what became of the draft that a page was made from.
func (s *Drafts) gone(ctx context.Context, w *Work, ch Change) error {
	if w.Draft != nil && (ch.Draft == "" || ch.Draft == w.Draft.ID) {
		return nil
	}
	list := w.sent
	if w.Draft != nil {
		var err error
		if list, err = s.before(ctx, w); err != nil {
			return err
		}
	}
	for _, c := range list {
		if ch.Draft == c.ID {
			return &Sent{c}
		}
	}
	if w.Draft == nil && ch.Draft == "" && ch.Before < len(list) {
		slices.SortFunc(list, func(a, b *cases.Case) int { return b.Submitted.Compare(a.Submitted) })
		return &Sent{list[0]}
	}
	return nil
}

// reuse does what the person wants of their profile, and reports whether that
// changed what is typed.
func (s *Drafts) reuse(ctx context.Context, w *Work, ch Change) (bool, error) {
	form := w.Service.Form
	if ch.Alone {
		w.content.Alone = true
		for _, f := range form.Fields() {
			w.content.clear(f)
		}
	}
	if f, ok := form.Field(ch.Clear); ok {
		w.content.clear(f)
	}
	f, ok := form.Field(ch.Use)
	if !ok {
		return ch.Alone || ch.Clear != "", nil
	}
	offers, err := s.profile(ctx, w, f.Reuse, f.Key)
	if o, ok := offers[f.Key]; ok {
		w.content.take(form, f, o)
	}
	return true, err
}

// keep writes a draft if it is not what it was.
func (s *Drafts) keep(ctx context.Context, w *Work, was content, page string) error {
	text, err := w.content.pack()
	if err != nil {
		return err
	}
	if before, err := was.pack(); err != nil || before == text && w.Draft != nil {
		return err
	}
	return s.write(ctx, w, text, page)
}

// begin makes a draft of which nothing was typed yet.
func (s *Drafts) begin(ctx context.Context, w *Work, page forms.Page) error {
	text, err := w.content.pack()
	if err != nil {
		return err
	}
	return s.write(ctx, w, text, page.ID)
}

// write seals what was typed as the draft.
func (s *Drafts) write(ctx context.Context, w *Work, text, page string) error {
	now, fresh := s.Clock.Now(), w.Draft == nil
	var row Draft
	err := s.Vault.Update(ctx, func(tx *db.Tx) error {
		if fresh {
			row = Draft{
				Subject: w.actor.ID, ID: id.New(now), Service: w.Service.ID, Variant: w.Offer.Variant, Instance: s.Catalogue.Hash(),
				Revision: 1, Channel: cases.Portal, By: w.actor.ID, Page: page, Changed: now,
			}
			if ok, err := insertDraft(tx, &row); err != nil || !ok {
				return orAgain(err)
			}
			if err := s.Vault.NewScope(tx, row.Subject, row.Scope()); err != nil {
				return err
			}
		} else {
			row = *w.Draft
			if ok, err := touchDraft(tx, &row, s.Catalogue.Hash(), page, now); err != nil || !ok {
				return orAgain(err)
			}
			row.Revision, row.Instance, row.Page, row.Changed = row.Revision+1, s.Catalogue.Hash(), page, now
		}
		as := *w
		as.Draft = &row
		permit, err := s.Vault.Permit(tx, as.use(policy.Collect, w.Service.DraftField()))
		if err != nil {
			return err
		}
		return s.Vault.Put(tx, permit, []vault.Value{{Field: w.Service.DraftField(), Text: text, Source: policy.SourceForm}})
	})
	if err != nil {
		return fmt.Errorf("save a draft: %w", err)
	}
	w.Draft = &row
	return nil
}

// again reports whether a draft has changed since it was read.
func again(err error) bool { return errors.Is(err, errAgain) }

// orAgain is what failed, or that the draft has changed since it was read.
func orAgain(err error) error {
	if err != nil {
		return err
	}
	return errAgain
}
