package drafts

import (
	"context"
	"slices"
	"strings"

	"portico/internal/forms"
	"portico/internal/forms/answer"
	"portico/internal/forms/sent"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/uploads"
	"portico/internal/vault"
)

// read opens what was typed and the names of the draft's files by one use. The
// files of a service that is not in force are left closed.
func (s *Drafts) read(ctx context.Context, w *Work) (text string, err error) {
	var fields []string
	for _, f := range w.Service.Form.Fields() {
		if f.Kind == forms.Files && s.Files != nil && w.Bar == nil {
			fields = append(fields, f.ID)
		}
	}
	var find func(tx *db.Tx) ([]vault.File, error)
	if len(fields) > 0 {
		find = func(tx *db.Tx) (names []vault.File, err error) {
			w.files, names, err = s.Files.Uploads.Sealed(tx, w.Draft.Subject, w.Draft.Scope(), fields...)
			return names, err
		}
	}
	values, h, err := s.Vault.ReadWith(ctx, w.use(policy.Use, w.Service.DraftField()), find)
	if err == nil {
		err = uploads.Name(w.files, h)
	}
	return values.Text(w.Service.DraftField()), err
}

// spot is where the files of a question go.
func (w *Work) spot(f forms.Field) *uploads.Spot {
	page, _ := w.Service.Form.PageOf(f.Key)
	return &uploads.Spot{
		Use: w.use(policy.Use), Field: f.ID, Max: f.Size, Count: max(1, f.Rows.Max), Kinds: uploads.KindsOf(f.Types),
		Back: path(Place{Actor: w.actor, Service: w.Service.ID, Variant: w.Offer.Variant, Draft: w.Draft.ID}, page.ID, false),
	}
}

// attach puts the files that may be sent into the answers, and returns the
// faults of the questions whose files are not ready.
func (w *Work) attach(read *sent.Sent) (waits []forms.Error) {
	for _, f := range w.Service.Form.Fields() {
		if f.Kind != forms.Files {
			continue
		}
		var named []answer.File
		code := ""
		for _, file := range w.files {
			switch {
			case file.Field != f.ID:
			case file.State == uploads.Clean:
				named = append(named, answer.File{ID: file.ID, Name: file.Name, Size: file.Got, Type: file.Kind.Media()})
			case file.State == uploads.Checking:
				code = "drafts.error.checking"
			case file.State == uploads.Received:
				code = "drafts.error.unsent"
			}
		}
		if len(named) > 0 {
			read.Answers[f.Key] = answer.FilesText(named)
		}
		if code != "" {
			waits = append(waits, forms.Error{Key: f.Key, Code: code})
		}
	}
	return waits
}

// wait adds the faults of files that are not ready, which come before any
// other of their questions.
func (w *Work) wait(waits []forms.Error) {
	for _, e := range waits {
		if w.Outcome.Hidden[e.Key] != "" {
			continue
		}
		w.Outcome.Errors = slices.DeleteFunc(w.Outcome.Errors, func(o forms.Error) bool { return o.Key == e.Key })
		w.Outcome.Errors = append(w.Outcome.Errors, e)
		w.Outcome.Fee = nil
	}
}

// named are the ids of the files that the answers name.
func (w *Work) named() (ids []string) {
	for _, f := range w.Service.Form.Fields() {
		if f.Kind == forms.Files {
			for _, file := range answer.Files(w.Outcome.Answers[f.Key]) {
				ids = append(ids, file.ID)
			}
		}
	}
	return ids
}

// Spot is where the files of a question go, for the pages of uploads. A draft
// of somebody else is not found, and the attempt is recorded.
func (s *Drafts) Spot(ctx context.Context, actor policy.Actor, application, field string) (*uploads.Spot, error) {
	var row *Draft
	err := s.DB.Glance(ctx, func(tx *db.Tx) (err error) {
		row, err = selectDraft(tx, application)
		return err
	})
	if err != nil || row == nil {
		return nil, firstOf(err, errNotFound)
	}
	w, err := s.service(Place{Actor: actor, Service: row.Service, Variant: row.Variant})
	if err != nil {
		return nil, err
	}
	w.Draft = row
	f, ok := w.Service.Form.ByID(field)
	if !ok || f.Kind != forms.Files {
		return nil, errNotFound
	}
	if row.By != actor.ID {
		_, err := s.Vault.Read(ctx, w.use(policy.Use, field))
		if err == nil || fault.KindOf(err) == fault.Denied {
			err = errNotFound
		}
		return nil, err
	}
	return w.spot(f), nil
}

// Page shows the page of a question for files, with what was wrong.
func (s *Drafts) Page(q *web.Req, spot *uploads.Spot, status int, problem string) error {
	var row *Draft
	err := s.DB.View(q.R.Context(), func(tx *db.Tx) (err error) {
		row, err = selectDraft(tx, strings.TrimPrefix(spot.Use.Scope, "case:"))
		return err
	})
	if err != nil || row == nil {
		return firstOf(err, errNotFound)
	}
	p := place(q)
	p.Service, p.Variant, p.Draft = row.Service, row.Variant, row.ID
	w, err := s.Open(q.R.Context(), p)
	if err != nil {
		return err
	}
	f, _ := w.Service.Form.ByID(spot.Field)
	page, ok := w.Service.Form.PageOf(f.Key)
	if !ok {
		return errNotFound
	}
	return s.showPage(q, p, w, page, show{status: status, problem: problem})
}

// Lives reports whether there is such a draft, whose files are kept.
func (s *Drafts) Lives(ctx context.Context, subject, scope string) (lives bool, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		row, err := selectDraft(tx, strings.TrimPrefix(scope, "case:"))
		lives = row != nil && row.Subject == subject
		return err
	})
	return lives, err
}
