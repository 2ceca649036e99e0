package desk

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"portico/internal/cases"
	"portico/internal/desk/pages"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/services"
)

// The inputs of the case page. inputState and inputSeen are the state and the
// revision of the case as the page showed it; inputNext says to go straight on
// to the next case.
const (
	inputState = "_state"
	inputSeen  = "_seen"
	inputNext  = "next"
	inputHand  = "hand" // over to somebody else

	inputRemarks = "remarks" // with a decision
	inputMessage = "message" // that asks for information
	inputReply   = "reply"   // a message to the applicant
	inputNote    = "note"    // for other officials

	yes = "yes"
)

// shown is what a case page says beside the case itself.
type shown struct {
	status int
	notice *pages.Notice
	typed  map[string]string // what was written and not accepted yet, by input
	wrong  map[string]string // what is wrong with it
	keys   []string          // the questions that were chosen
	onward bool
}

// bad marks an input.
func (s *shown) bad(name, text string) {
	if s.wrong == nil {
		s.wrong = map[string]string{}
	}
	s.wrong[name] = text
}

// Notices is what the desk asks about notices. Package notify answers.
type Notices interface {
	// Deliveries says how whoever something is about was told of it, the newest
	// first, without any address.
	Deliveries(q *web.Req, subject, about string) ([]ui.Row, error)
}

// noticesShown is how many notices stand on the page at once.
const noticesShown = 4

// told says whether notices about a case reached the applicant.
func (k *Desk) told(q *web.Req, page *pages.Case, a *cases.Application) error {
	if k.Notices == nil {
		return nil
	}
	rows, err := k.Notices.Deliveries(q, a.Subject, a.Scope())
	n := min(len(rows), noticesShown)
	page.Told, page.ToldBefore = rows[:n], rows[n:]
	return err
}

// inputs are those of the case page in which an official writes, in the order
// in which they stand there.
func inputs() []string { return []string{inputRemarks, inputMessage, "keys", inputReply, inputNote} }

// boxes are those of them that hold text.
func boxes() []string { return []string{inputRemarks, inputMessage, inputReply, inputNote} }

func (k *Desk) view(q *web.Req) error {
	s := shown{status: http.StatusOK, onward: q.Value(inputNext) == yes}
	if after := q.Value("after"); after != "" {
		s.notice = k.done(q, after)
	}
	return k.showCase(q, s)
}

// done says what became of the case that was decided just before.
func (k *Desk) done(q *web.Req, caseID string) *pages.Notice {
	a, err := k.Cases.Glance(q.R.Context(), caseID)
	if err != nil {
		return nil
	}
	steps := slices.DeleteFunc(a.Steps, func(s cases.Step) bool { return s.Actor == cases.ByPayment })
	if len(steps) == 0 || steps[len(steps)-1].Actor != q.Session.Subject {
		return nil
	}
	return &pages.Notice{Kind: ui.Good, Title: q.P.T("desk.case.done", "reference", a.Reference, "state", cases.Tag(q.P, a.Service, a.Case).Text)}
}

// denied says that this is not the official's task; or, where it would be, that
// the person restricted the use of their data, or objected to it.
func denied(q *web.Req, err error) error {
	if suspended(err) {
		return err
	}
	return q.Page(http.StatusForbidden, web.Page{Title: q.P.T("desk.denied.title"), Body: pages.DeniedPage(pages.Denied{})})
}

// suspended reports whether an official is denied something because its person
// restricted the use of their data, or objected to it.
func suspended(err error) bool {
	var d *policy.Denied
	return errors.As(err, &d) && (d.Decision.Reason == policy.ReasonRestricted || d.Decision.Reason == policy.ReasonObjected)
}

func (k *Desk) showCase(q *web.Req, s shown) error {
	a, err := k.open(q)
	if fault.KindOf(err) == fault.Denied && !suspended(err) {
		return k.refused(q, http.StatusForbidden, q.R.PathValue("id"), "", "")
	}
	if err != nil {
		return err
	}
	return k.render(q, a, s)
}

// open opens a case. Who supervises it sees what its row says, and nothing of
// what it is about unless they hold it.
func (k *Desk) open(q *web.Req) (*cases.Application, error) {
	who := actor(q)
	a, err := k.Cases.Glance(q.R.Context(), q.R.PathValue("id"))
	if err == nil && a.Holder != who.ID && k.Cases.Supervises(who, a.Service) {
		return a, nil
	}
	return k.Cases.View(q.R.Context(), who, q.R.PathValue("id"))
}

func (k *Desk) render(q *web.Req, a *cases.Application, s shown) error {
	who, d := actor(q), a.Service
	page := pages.Case{
		Service: q.P.In(d.Name), Reference: a.Reference, Notice: s.notice, Remarks: a.Remarks,
		State: cases.Tag(q.P, d, a.Case), Due: k.dueTag(q, a.Case), Facts: k.facts(q, who, a), Action: "/staff/cases/" + a.ID,
	}
	for _, name := range inputs() {
		if text := s.wrong[name]; text != "" {
			page.Problems = append(page.Problems, ui.Problem{ID: name, Text: text})
		}
	}
	var err error
	if page.Keys, err = k.keysOn(q.R.Context(), who.ID); err != nil {
		return err
	}
	mine := a.Holder == who.ID && a.Open()
	if mine {
		if err := k.content(q, &page, a); err != nil {
			return err
		}
		k.talk(q, &page, s, d)
	}
	page.Access = k.access(q, a, mine)
	if page.Decide, err = k.decide(q, a, mine, s); err != nil {
		return err
	}
	page.Kept = kept(page, s.typed)
	if k.mayHand(who, a) {
		page.Hand = handBtn(q, &page, a)
	}
	if !a.Open() && k.Cases.Reviews(who, a.Case.Service) {
		page.Look = k.lookField(q)
	}
	if err := k.told(q, &page, a); err != nil {
		return err
	}
	page.Events = k.events(q, who, a)
	return q.Page(s.status, web.Page{
		Title: a.Reference, Service: page.Service, Body: pages.CasePage(page), Wide: true, Invalid: len(page.Problems) > 0, Back: "/staff/cases",
	})
}

// kept is what was written in boxes that the page has no longer.
func kept(page pages.Case, typed map[string]string) string {
	there := map[string]bool{
		inputRemarks: page.Decide != nil && page.Decide.Writes, inputMessage: page.Decide != nil && page.Decide.Ask != nil,
		inputReply: page.Reply != nil, inputNote: page.Note != nil,
	}
	var list []string
	for _, name := range boxes() {
		if !there[name] && typed[name] != "" {
			list = append(list, typed[name])
		}
	}
	return strings.Join(list, "\n\n")
}

func (k *Desk) events(q *web.Req, who policy.Actor, a *cases.Application) []ui.Event {
	return k.Cases.Timeline(q.P, a, func(id string) string {
		switch id {
		case who.ID:
			return q.P.T("cases.step.by.you")
		case a.Subject:
			return q.P.T("cases.step.by.applicant")
		case cases.BySystem, cases.ByPayment, cases.ByProgram:
			return q.P.T("cases.step.by." + id)
		}
		return q.P.T("cases.step.by.colleague")
	})
}

// content fills in what the case is about, as its reader was let see it.
func (k *Desk) content(q *web.Req, page *pages.Case, a *cases.Application) (err error) {
	if page.Answers, err = k.answers(q, a); err != nil {
		return err
	}
	if page.Documents, err = k.documents(q, a); err != nil {
		return err
	}
	page.Fee = k.fee(q, a)
	for _, m := range a.Messages {
		by := q.P.T("cases.step.by.applicant")
		if m.Office {
			by = q.P.T("desk.case.by.office")
		}
		page.Messages = append(page.Messages, pages.Written{Text: m.Text, About: q.P.T("desk.case.written", "who", by, "time", q.P.DateTime(m.At))})
	}
	for _, n := range a.Notes {
		by := q.P.T("cases.step.by.colleague")
		if n.Actor == q.Session.Subject {
			by = q.P.T("cases.step.by.you")
		}
		page.Notes = append(page.Notes, pages.Written{Text: n.Text, About: q.P.T("desk.case.written", "who", by, "time", q.P.DateTime(n.At))})
	}
	for _, id := range a.Earlier {
		earlier, err := k.Cases.Glance(q.R.Context(), id)
		if fault.KindOf(err) == fault.NotFound && err != nil {
			continue
		}
		if err != nil {
			return err
		}
		page.Facts = append(page.Facts, ui.Row{Key: q.P.T("desk.case.earlier"), Value: earlier.Reference, LTR: true})
	}
	if a.News != cases.NoNews {
		page.News = q.P.T("desk.news." + string(a.News))
	}
	return nil
}

// talk offers the inputs for messages and notes, where the service has them.
func (k *Desk) talk(q *web.Req, page *pages.Case, s shown, d *services.Definition) {
	field := func(name string) *ui.Field {
		return &ui.Field{
			Name: name, Label: q.P.T("desk.case." + name), Hint: q.P.T("desk.case." + name + ".hint"),
			Value: s.typed[name], Error: s.wrong[name], Max: cases.MaxText, Rows: 3,
		}
	}
	if d.MessageField() != "" {
		page.Reply = field(inputReply)
	}
	if d.NoteField() != "" {
		page.Note = field(inputNote)
	}
}

func (k *Desk) fee(q *web.Req, a *cases.Application) *pages.Section {
	if a.Fee == nil {
		return nil
	}
	return &pages.Section{Title: q.P.T("cases.fee"), Rows: k.Cases.FeeRows(q.P, a.Fee)}
}

// access says why what was stated is shown, or why it is not.
func (k *Desk) access(q *web.Req, a *cases.Application, mine bool) []string {
	switch {
	case mine:
		return []string{q.P.T("desk.case.access.mine", "purpose", k.purpose(q, a.Service.DecideActivity())), q.P.T("desk.case.access.seen")}
	case a.Open() && a.Holder != "":
		return []string{q.P.T("desk.case.held")}
	case a.Open():
		return []string{q.P.T("desk.case.untaken")}
	}
	return []string{q.P.T("desk.case.closed")}
}

// purpose is what an activity is for, in words.
func (k *Desk) purpose(q *web.Req, activity string) string {
	a, _ := k.Cases.Policy().Activity(activity)
	purpose, _ := k.Cases.Policy().Purpose(a.Purpose)
	return q.P.In(purpose.Name)
}

// actions are those that the official can take on a case now.
func actions(a *cases.Application, mine bool) []services.Action {
	return slices.DeleteFunc(a.State().Of(services.Official), func(action services.Action) bool {
		return action.Take && a.Holder != "" || !action.Take && !mine
	})
}

// decide is what there is to write and to press; nil if there is nothing.
func (k *Desk) decide(q *web.Req, a *cases.Application, mine bool, s shown) (*pages.Decide, error) {
	list, d := actions(a, mine), a.Service
	out := &pages.Decide{
		Hidden: []pages.Hidden{{Name: inputState, Value: a.State().ID}},
		Typed:  s.typed[inputRemarks], Wrong: s.wrong[inputRemarks], Onward: s.onward, CanOnward: mine,
	}
	if claimable(actor(q), a) {
		out.Hidden = append(out.Hidden, pages.Hidden{Name: inputSeen, Value: strconv.FormatInt(a.Revision, 10)})
		out.Buttons = []ui.Btn{{Text: q.P.T("desk.case.claim"), Name: "action", Value: cases.StepClaim, Look: ui.Primary, Key: "1"}}
		return out, nil
	}
	if len(list) == 0 {
		return nil, nil
	}
	for _, action := range list {
		to, _ := d.Workflow.State(action.To)
		if action.Asks {
			out.Ask = k.ask(q, a, action, to, s)
			continue
		}
		btn := ui.Btn{Text: q.P.In(action.Name), Name: "action", Value: action.ID, Look: ui.Secondary, Key: strconv.Itoa(len(out.Buttons) + 1)}
		if len(out.Buttons) == 0 {
			btn.Look = ui.Primary
		} else if to.Look == "bad" {
			btn.Look = ui.Danger
		}
		out.Buttons = append(out.Buttons, btn)
		out.Writes = out.Writes || action.Writes()
		out.Preview = out.Preview || to.Decides()
	}
	if !out.Writes && out.Ask == nil {
		return out, nil
	}
	remarks, err := k.Remarks(q.R.Context(), actor(q), d.ID)
	if err != nil {
		return nil, err
	}
	out.Manage = "/staff/remarks?service=" + url.QueryEscape(d.ID)
	for _, r := range remarks {
		out.Reusable = append(out.Reusable, pages.Reusable{ID: r.ID, Text: r.Text})
	}
	return out, nil
}

// ask asks the applicant for information: what the office says, and which of
// the questions are to be answered anew.
func (k *Desk) ask(q *web.Req, a *cases.Application, action services.Action, to services.State, s shown) *pages.Ask {
	out := &pages.Ask{
		Title: q.P.In(action.Name), Open: s.typed[inputMessage] != "" || s.wrong[inputMessage] != "" || len(s.keys) > 0,
		Message: ui.Field{
			Name: inputMessage, Label: q.P.T("desk.case.message"), Hint: q.P.T("desk.case.message.hint"),
			Value: s.typed[inputMessage], Error: s.wrong[inputMessage], Max: cases.MaxText, Rows: 3,
		},
		Keys:   ui.Field{Name: "keys", Label: q.P.T("desk.case.keys"), Hint: q.P.T("desk.case.keys.hint"), Values: s.keys, Error: s.wrong["keys"]},
		Button: ui.Btn{Text: q.P.In(action.Name), Name: "action", Value: action.ID, Look: ui.Secondary},
		Pauses: q.P.T("desk.case.runs"),
	}
	if to.Pauses {
		out.Pauses = q.P.T("desk.case.pauses")
	}
	if to.Deadline > 0 {
		out.Pauses += " " + q.P.T("desk.case.answer-within", "n", to.Deadline)
	}
	for _, id := range a.Service.Shown() {
		if f, ok := a.Service.Form.ByID(id); ok && f.Asked() && to.Amend {
			out.Keys.Options = append(out.Keys.Options, ui.Option{Value: f.Key, Label: q.P.In(f.Label)})
		}
	}
	return out
}

// handBtn leads to where a case is handed over. From a page on which something
// can be written it is sent along, so that it is not lost.
func handBtn(q *web.Req, page *pages.Case, a *cases.Application) *ui.Btn {
	b := &ui.Btn{Text: q.P.T("desk.queue.hand-over"), Look: ui.Secondary}
	if page.Writes() {
		b.Name, b.Value = inputHand, yes
	} else {
		b.Href = "/staff/cases/hand-over?case=" + url.QueryEscape(a.ID)
	}
	return b
}

// claimable reports whether a case that was let go can be taken although its
// state has no action for that.
func claimable(who policy.Actor, a *cases.Application) bool {
	return a.Open() && a.Holder == "" && a.Service.For(who.Roles) &&
		!slices.ContainsFunc(a.State().Actions, func(action services.Action) bool { return action.Take })
}

func (k *Desk) facts(q *web.Req, who policy.Actor, a *cases.Application) []ui.Row {
	rows := []ui.Row{{Key: q.P.T("desk.queue.received"), Value: q.P.DateTime(a.Submitted)}}
	if due := k.Cases.Due(a.Case); a.Open() && !due.IsZero() {
		rows = append(rows, ui.Row{Key: q.P.T("desk.queue.due"), Value: q.P.Date(due)})
	}
	return append(rows, ui.Row{Key: q.P.T("desk.queue.holder"), Value: holderOf(q, who, a.Case)})
}

// decided reads the form of the case page and does what was pressed. What is
// wrong with what was written is said beside it.
func (k *Desk) decided(q *web.Req) error {
	form, err := q.Form()
	if err == nil {
		err = q.Once("action", "insert", "preview", "write", inputRemarks, inputMessage, inputReply, inputNote, inputNext, inputHand, inputState, inputSeen)
	}
	s := shown{status: http.StatusUnprocessableEntity, typed: map[string]string{}, keys: form["keys"], onward: q.Value(inputNext) == yes}
	for _, name := range inputs() {
		s.typed[name] = q.Value(name)
	}
	if err != nil {
		f := fault.From(err)
		if len(f.Fields) == 0 {
			return err
		}
		for _, field := range f.Fields {
			if !slices.Contains(inputs(), field.Name) {
				return err
			}
			s.bad(field.Name, q.P.T(field.Code))
		}
		return k.showCase(q, s)
	}
	switch {
	case q.Value("insert") != "":
		return k.insert(q, s)
	case q.Value("preview") == "letter":
		return k.preview(q, s)
	case q.Value("preview") != "":
		s.status = http.StatusOK
		return k.showCase(q, s)
	case q.Value("write") != "":
		return k.write(q, s)
	case q.Value(inputHand) == yes:
		return k.handOne(q, s)
	}
	return k.act(q, s)
}

// handOne asks to whom a case goes. A note that is being written goes along, if
// the case takes one; what else was written must be sent first, or emptied.
func (k *Desk) handOne(q *web.Req, s shown) error {
	a, err := k.Cases.Glance(q.R.Context(), q.R.PathValue("id"))
	if err != nil {
		return err
	}
	with := ""
	if a.Holder == q.Session.Subject && a.Service.NoteField() != "" {
		with = inputNote
	}
	if k.unsent(q, &s, with) {
		return k.showCase(q, s)
	}
	return k.askHandOver(q, http.StatusOK, []string{a.ID}, "", s.typed[inputNote], nil)
}

// write sends a message to the applicant, or keeps a note.
func (k *Desk) write(q *web.Req, s shown) error {
	ctx, who, caseID := q.R.Context(), actor(q), q.R.PathValue("id")
	name, err := q.Value("write"), error(nil)
	switch name {
	case inputReply:
		err = k.Cases.Reply(ctx, who, caseID, s.typed[name])
	case inputNote:
		err = k.Cases.Note(ctx, who, caseID, s.typed[name])
	default:
		return fault.New(fault.Invalid, "cases.error.moved")
	}
	if err != nil {
		return k.failed(q, s, err, name)
	}
	delete(s.typed, name)
	for _, text := range s.typed {
		if text != "" { // what else is being written stays
			s.status = http.StatusOK
			return k.showCase(q, s)
		}
	}
	return q.Redirect("/staff/cases/" + caseID)
}

// insert puts a reusable remark behind what is written.
func (k *Desk) insert(q *web.Req, s shown) error {
	a, err := k.Cases.Glance(q.R.Context(), q.R.PathValue("id"))
	if err != nil {
		return err
	}
	if s.typed[inputRemarks], err = k.inserted(q.R.Context(), actor(q), a.Case.Service, q.Value("insert"), s.typed[inputRemarks]); err != nil {
		return err
	}
	s.status = http.StatusOK
	return k.showCase(q, s)
}

func (k *Desk) act(q *web.Req, s shown) error {
	ctx, caseID, who := q.R.Context(), q.R.PathValue("id"), actor(q)
	if seen, failed := strconv.ParseInt(q.Value(inputSeen), 10, 64); q.Value("action") == cases.StepClaim && failed == nil {
		row, err := k.Cases.HandOver(ctx, who, caseID, seen, who.ID, "")
		if err != nil {
			return k.failed(q, s, err, "")
		}
		return k.onward(q, row, s)
	}
	a, err := k.Cases.Glance(ctx, caseID)
	if err != nil {
		return err
	}
	state, _ := a.Service.Workflow.State(q.Value(inputState))
	action, _ := state.Action(q.Value("action"))
	name := inputRemarks
	if action.Asks {
		name = inputMessage
	}
	if a.Open() && a.Holder == who.ID && a.State().ID == state.ID && k.unsent(q, &s, name) {
		return k.showCase(q, s)
	}
	if !action.Asks {
		s.keys = nil
	}
	row, err := k.Cases.Act(ctx, who, caseID, q.Value(inputState), q.Value("action"), s.typed[name], s.keys...)
	if err != nil {
		return k.failed(q, s, err, name)
	}
	return k.onward(q, row, s)
}

// unsent marks what is written in other boxes than the one that goes with what
// was pressed, and reports whether there is such a thing: it would be lost.
func (k *Desk) unsent(q *web.Req, s *shown, with string) (found bool) {
	for _, name := range boxes() {
		if name != with && strings.TrimSpace(s.typed[name]) != "" {
			s.bad(name, q.P.T("desk.case.unsent."+name))
			found = true
		}
	}
	return found
}

// failed says why nothing was done: beside the input called name, if it is
// about what was written. What was written stays.
func (k *Desk) failed(q *web.Req, s shown, err error, name string) error {
	f := fault.From(err)
	switch {
	case f.Kind == fault.Denied:
		return denied(q, err)
	case f.Kind == fault.Invalid && len(f.Fields) == 1:
		if f.Fields[0].Name == "keys" {
			name = "keys"
		}
		s.bad(name, q.P.T(f.Fields[0].Code, f.Fields[0].Args...))
		return k.showCase(q, s)
	case f.Kind == fault.Conflict:
		return k.late(q, s, f, cases.Taken(err))
	}
	return err
}

// late tells the slower of two what happened. What they wrote stays.
func (k *Desk) late(q *web.Req, s shown, f *fault.Fault, taken bool) error {
	title := "desk.case.moved.title"
	if taken {
		title = "desk.case.taken.title"
	}
	s.status, s.notice = http.StatusConflict, &pages.Notice{Kind: ui.Warn, Title: q.P.T(title), Text: q.P.T(f.Code)}
	a, err := k.Cases.Glance(q.R.Context(), q.R.PathValue("id"))
	if err != nil {
		return err
	}
	if a.Open() && a.Holder == q.Session.Subject {
		return k.showCase(q, s)
	}
	return k.render(q, a, s)
}
