package handover

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"portico/internal/holdings"
	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/policy"
	"portico/internal/rights/export"
	"portico/internal/vault"
)

// Entry is a thing as it stands in a package.
type Entry struct {
	Kind      string  `json:"kind"`
	ID        string  `json:"id"`
	Person    string  `json:"person"`
	Reference string  `json:"reference,omitempty"`
	Service   string  `json:"service,omitempty"`
	Outcome   string  `json:"outcome,omitempty"`
	Rule      string  `json:"rule"`
	Since     string  `json:"since"`
	Values    []Value `json:"values"`
	Files     []File  `json:"files,omitempty"`
}

// Value is a value of a thing.
type Value struct {
	Field  string    `json:"field"`
	Name   i18n.Text `json:"name"`
	Type   string    `json:"@type"`
	Item   string    `json:"item,omitempty"`
	Value  string    `json:"value"`
	Source string    `json:"source"`
	At     string    `json:"at"`
}

// File is a file of a thing: Path is its entry in the package.
type File struct {
	Field string `json:"field"`
	Name  string `json:"name"`
	Type  string `json:"type"`
	Path  string `json:"path"`
}

// Open begins the one download of a package.
func (s *Service) Open(ctx context.Context, pkg, official string) (p *Package, err error) {
	err = s.Vault.Update(ctx, func(tx *db.Tx) error {
		if p, err = selectPackage(tx, pkg); err != nil {
			return err
		}
		if p == nil {
			return errUnknown
		}
		p.Opened = s.Clock.Now()
		if ok, err := openPackage(tx, pkg, p.Opened); err != nil {
			return err
		} else if !ok {
			return errMoved
		}
		return s.note(tx, official, "handover-downloaded", pkg)
	})
	if err != nil {
		return nil, fmt.Errorf("open a package: %w", err)
	}
	return p, nil
}

// Write writes a package: each thing is opened now, through the gate. What
// cannot be, because its person restricted that, because it changed or because
// something holds it back by now, is left out and stays here.
func (s *Service) Write(ctx context.Context, p *Package, to io.Writer) error {
	sum := sha256.New()
	w := export.NewWriter(io.MultiWriter(to, sum))
	var last thing
	for {
		var list []thing
		if err := s.DB.View(ctx, func(tx *db.Tx) (err error) { list, err = selectThings(tx, p.ID, last, page); return err }); err != nil {
			return fmt.Errorf("look what is handed over: %w", err)
		}
		for _, t := range list {
			last = t
			in, err := s.write(ctx, p, t, w)
			if err == nil && !in {
				err = s.Vault.Update(ctx, func(tx *db.Tx) error { return s.leaveOut(tx, t) })
			}
			if err != nil {
				return fmt.Errorf("hand a thing over: %w", err)
			}
		}
		if len(list) < page {
			break
		}
	}
	// Before the file is whole: no restore sends it again without saying so.
	if err := s.Vault.Update(ctx, func(tx *db.Tx) error { return s.leave(tx, p) }); err != nil {
		return fmt.Errorf("note what is handed over: %w", err)
	}
	pol := s.Policy()
	err := w.Close(export.Manifest{ID: p.ID, Kind: "archive", Subject: p.Party, Made: written(s.Clock.Now()), Policy: pol.Hash()}, s.Ring)
	if err != nil {
		return err
	}
	return s.Vault.Update(ctx, func(tx *db.Tx) error {
		file := hex.EncodeToString(sum.Sum(nil))
		if err := finishPackage(tx, p.ID, file); err != nil {
			return err
		}
		return s.took(tx, portal, p.ID, actWhole, file)
	})
}

func written(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// write writes a thing, and reports false if it is left out.
func (s *Service) write(ctx context.Context, p *Package, t thing, w *export.Writer) (in bool, err error) {
	pol := s.Policy()
	activity, _ := pol.Activity(policy.HandOver(p.Party))
	var i holdings.Item
	places := map[string][]string{} // fields, by scope
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		clear(places)
		if i, in, err = s.same(tx, p, t); err != nil || !in {
			return err
		}
		if in, err = s.allowed(tx, i, p.ID); err != nil || !in {
			return err
		}
		kept, err := s.within(tx, i)
		if err != nil {
			return err
		}
		for _, k := range kept {
			if slices.Contains(activity.Fields, k.Field) && !slices.Contains(places[k.Scope], k.Field) {
				places[k.Scope] = append(places[k.Scope], k.Field)
			}
		}
		return nil
	})
	if err != nil || !in {
		return false, err
	}
	e := Entry{Kind: i.Kind, ID: i.ID, Person: i.Subject, Reference: i.Reference, Service: i.Service, Outcome: i.Outcome, Rule: i.Rule, Since: written(i.Since), Values: []Value{}}
	var denied *policy.Denied
	for _, scope := range slices.Sorted(maps.Keys(places)) {
		values, err := s.Vault.Read(ctx, vault.Use{
			Actor: policy.Actor{Kind: policy.System, ID: "portico"}, Subject: i.Subject, Activity: activity.ID, Operation: policy.Use,
			Scope: scope, Fields: places[scope], Reference: i.Reference,
		})
		if errors.As(err, &denied) { // restricted, or objected to
			return false, nil
		}
		if err != nil {
			return false, err
		}
		for _, v := range values {
			field, _ := pol.Field(v.Field)
			category, _ := pol.Category(field.Category)
			e.Values = append(e.Values, Value{
				Field: v.Field, Name: field.Name, Type: string(category.DPV), Item: v.Item, Value: v.Text, Source: v.Source, At: written(v.At),
			})
		}
	}
	slices.SortFunc(e.Values, func(a, b Value) int { return strings.Compare(a.Field+"\x00"+a.Item, b.Field+"\x00"+b.Item) })
	if e.Files, err = s.attach(ctx, activity.ID, i, w); err != nil {
		return false, err
	}
	return true, w.Add("things/"+i.Kind+"-"+i.ID+".json", "application/json", func(to io.Writer) error {
		enc := json.NewEncoder(to)
		enc.SetIndent("", " ")
		return enc.Encode(e)
	})
}

// attach copies the files of a thing into the package.
func (s *Service) attach(ctx context.Context, activity string, i holdings.Item, w *export.Writer) (list []File, err error) {
	if s.Files == nil {
		return nil, nil
	}
	ids, err := s.Files.Of(ctx, i.Subject, i.Scope)
	if err != nil {
		return nil, err
	}
	for _, one := range ids {
		f, err := s.Files.Open(ctx, one, activity)
		var denied *policy.Denied
		if errors.As(err, &denied) && denied.Decision.Reason == policy.ReasonFieldNotDeclared {
			continue // the party is not given such files
		}
		if err != nil {
			return nil, err
		}
		path := "files/" + f.ID
		list = append(list, File{Field: f.Field, Name: f.Name, Type: f.Type, Path: path})
		err = w.Add(path, f.Type, func(to io.Writer) error {
			_, err := io.Copy(to, f.Content)
			return err
		})
		if closing := f.Content.Close(); err == nil {
			err = closing
		}
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}
