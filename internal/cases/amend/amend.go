package amend

import (
	"context"
	"slices"

	"portico/internal/cases"
	"portico/internal/forms"
	"portico/internal/forms/answer"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/uploads"
	"portico/internal/vault"
)

// Site is the pages on which an application is changed.
type Site struct {
	Cases *cases.Cases
	Files *uploads.Site // nil: no form asks for files
}

// The faults of this package.
var (
	errNotFound = fault.New(fault.NotFound, "cases.error.not-found")
	errFiles    = fault.New(fault.Invalid, "cases.error.files") // nothing to send, or not ready
)

// question returns the question for files of an application with a key.
func (s *Site) question(a *cases.Application, key string) (forms.Field, error) {
	f, ok := a.Service.Form.Field(key)
	if !ok || f.Kind != forms.Files || s.Files == nil {
		return forms.Field{}, errNotFound
	}
	return f, nil
}

// named are the files that an answer names.
func named(text string) (list []uploads.Named) {
	for _, file := range answer.Files(text) {
		list = append(list, uploads.Named{ID: file.ID, Name: file.Name})
	}
	return list
}

// spot is where new files of a question go.
func spot(actor policy.Actor, a *cases.Application, f forms.Field) *uploads.Spot {
	return &uploads.Spot{
		Use:   vault.Use{Actor: actor, Subject: a.Subject, Activity: a.Service.ApplyActivity(), Scope: a.Scope(), Reference: a.Reference},
		Field: f.ID, Max: f.Size, Count: max(1, f.Rows.Max), Kinds: uploads.KindsOf(f.Types), Back: path(a, f),
	}
}

func path(a *cases.Application, f forms.Field) string {
	return "/cabinet/applications/" + a.ID + "/change/" + f.Key
}

// Spot is where the applicant's new files of a question go, as long as its
// answer may be changed.
func (s *Site) Spot(ctx context.Context, actor policy.Actor, caseID, field string) (*uploads.Spot, error) {
	a, err := s.Cases.Application(ctx, actor, caseID)
	if err != nil {
		return nil, err
	}
	f, ok := a.Service.Form.ByID(field)
	if !ok || f.Kind != forms.Files || !slices.Contains(a.Changeable(), f.Key) {
		return nil, errNotFound
	}
	return spot(actor, a, f), nil
}

// Send makes the new files of a question its answer, if the application is
// still as the person saw it.
func (s *Site) Send(ctx context.Context, actor policy.Actor, caseID string, revision int64, key string) (*cases.Change, error) {
	a, err := s.Cases.Application(ctx, actor, caseID)
	if err != nil {
		return nil, err
	}
	f, err := s.question(a, key)
	if err != nil {
		return nil, err
	}
	list, err := s.Files.Uploads.List(ctx, spot(actor, a, f))
	if err != nil {
		return nil, err
	}
	var files []answer.File
	var ids []string
	for _, file := range list {
		switch {
		case !file.Attached.IsZero():
		case file.State == uploads.Clean:
			ids = append(ids, file.ID)
			files = append(files, answer.File{ID: file.ID, Name: file.Name, Size: file.Got, Type: file.Kind.Media()})
		case file.State != uploads.Refused:
			return nil, errFiles // it is still coming, or being examined
		}
	}
	if len(files) == 0 {
		return nil, errFiles
	}
	return s.Cases.Replace(ctx, actor, a, revision, key, answer.FilesText(files), func(tx *db.Tx) error {
		return s.Files.Uploads.Attach(tx, a.Subject, a.Scope(), ids, f.ID)
	})
}
