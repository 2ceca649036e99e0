package documents

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"portico/internal/cases"
	"portico/internal/forms"
	"portico/internal/ledger"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/vault"
)

// Held is a document as those see it who may revoke it, with its case: rows,
// nothing of what they are about.
type Held struct {
	*Document
	Of *cases.Application
}

// Look returns the document with a number to an official who may revoke it.
// For others there is none.
func (d *Documents) Look(ctx context.Context, actor policy.Actor, number string) (*Held, error) {
	row, err := d.find(ctx, func(tx *db.Tx) (*Document, error) {
		return selectNumber(tx, strings.ToUpper(strings.TrimSpace(number)))
	})
	if err != nil {
		return nil, err
	}
	a, err := d.Cases.Glance(ctx, row.Case)
	if err != nil {
		return nil, fmt.Errorf("find the case of a document: %w", err)
	}
	if !a.Service.Revokes(actor.Roles) {
		return nil, errNotFound
	}
	return &Held{row, a}, nil
}

// use is an official's use of the case of a document, for a reason.
func (h *Held) use(actor policy.Actor, because string, op policy.Operation, fields ...string) vault.Use {
	return vault.Use{
		Actor: actor, Subject: h.Subject, Activity: h.Of.Service.RevokeActivity(), Operation: op, Scope: h.scope(), Fields: fields,
		Because: because, Reference: h.Number,
	}
}

// at is what answers are judged at: they were right when they were sent.
func (h *Held) at() forms.At { return forms.At{Now: h.Of.Submitted, Variant: h.Of.Variant} }

// reason checks what an official wrote.
func reason(because string) (string, error) {
	because = strings.Join(strings.Fields(because), " ")
	if n := utf8.RuneCountInString(because); n < cases.MinReason || n > cases.MaxReason {
		return "", fault.Input(fault.Field{Name: "reason", Code: "documents.error.reason", Args: []any{"least", cases.MinReason, "most", cases.MaxReason}})
	}
	return because, nil
}

// Money is what was paid for documents.
type Money interface {
	// PaidFor reports whether something is paid for a case, and not given back.
	PaidFor(ctx context.Context, caseID string) (bool, error)
	// GiveBack has it given back, if the transaction holds.
	GiveBack(tx *db.Tx, caseID string) error
}

// Revoke ends a document, for a reason that the person reads, and has given
// back what was paid for it if the official says so.
func (d *Documents) Revoke(ctx context.Context, actor policy.Actor, number, because string, refund bool) error {
	h, err := d.Look(ctx, actor, number)
	if err != nil {
		return err
	}
	if because, err = reason(because); err != nil {
		return err
	}
	err = d.Vault.Update(ctx, func(tx *db.Tx) error {
		if err := d.end(tx, actor, h, because, Revoked); err != nil || !refund || d.Money == nil {
			return err
		}
		return d.Money.GiveBack(tx, h.Case)
	})
	return told("revoke a document", err)
}

// told says what was tried, and to somebody whom the policy denies that it does.
func told(tried string, err error) error {
	switch {
	case err == nil:
		return nil
	case fault.KindOf(err) == fault.Denied:
		return policy.Refused(errDenied, err)
	}
	return fmt.Errorf("%s: %w", tried, err)
}

// end ends a document as it was seen, with values that change besides.
func (d *Documents) end(tx *db.Tx, actor policy.Actor, h *Held, because string, how Ending, values ...vault.Value) error {
	values = append(values, vault.Value{Field: h.Of.Service.RevocationField(), Item: h.ID, Text: because, Source: policy.SourceStaff})
	var fields []string
	for _, v := range values {
		fields = append(fields, v.Field)
	}
	permit, err := d.Vault.Permit(tx, h.use(actor, because, policy.Collect, fields...))
	if err != nil {
		return err
	}
	if ok, err := endDocument(tx, h.Document, how, d.Clock.Now()); err != nil || !ok {
		return firstOf(err, errMoved)
	}
	if err := d.Vault.Took(tx, ledger.Revoke, h.Subject, refDocument+h.ID); err != nil {
		return err
	}
	if d.Notices != nil {
		ended := *h.Document
		ended.Ending = how
		if err := d.Notices.Ended(tx, &ended); err != nil {
			return err
		}
	}
	return d.Vault.Put(tx, permit, values)
}

func firstOf(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// Answers opens what a correction starts from.
func (d *Documents) Answers(ctx context.Context, actor policy.Actor, h *Held, because string) (forms.Answers, error) {
	s := h.Of.Service
	values, err := d.Vault.Read(ctx, h.use(actor, because, policy.Use, s.Corrected()...))
	if err != nil {
		return nil, told("open what a document says", err)
	}
	answers := forms.Answers{}
	for _, f := range s.Form.Fields() {
		if v := values.Text(f.ID); v != "" {
			answers[f.Key] = v
		}
	}
	return answers, nil
}

// Correct replaces a document by another that says something else, for a
// reason that the person reads. given are the answers to the questions that
// can be corrected; before are the errors of decoding them. With errors
// nothing is changed.
func (d *Documents) Correct(ctx context.Context, actor policy.Actor, number, because string, given forms.Answers, before ...forms.Error) (*forms.Outcome, error) {
	h, err := d.Look(ctx, actor, number)
	if err != nil {
		return nil, err
	}
	if because, err = reason(because); err != nil {
		return nil, err
	}
	if h.Ending != Going || h.Made.IsZero() {
		return nil, errMoved
	}
	s := h.Of.Service
	was, err := d.Answers(ctx, actor, h, because)
	if err != nil {
		return nil, err
	}
	next, keys := forms.Answers{}, s.Correctable()
	for key, text := range was {
		if !slices.Contains(keys, key) {
			next[key] = text
		}
	}
	for _, key := range keys {
		if text, ok := given[key]; ok {
			next[key] = text
		}
	}
	outcome, err := s.Form.Check(next, h.at(), before...)
	var rule *forms.RuleError
	if errors.As(err, &rule) {
		outcome, err = &forms.Outcome{Errors: []forms.Error{{Code: "forms.error.rule", Args: []any{"rule", rule.Rule}, Rule: rule.Rule}}}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("check a correction: %w", err)
	}
	// What cannot be corrected was right when it was sent, and is not opened here.
	outcome.Errors = slices.DeleteFunc(outcome.Errors, func(e forms.Error) bool { return e.Question() != "" && !slices.Contains(keys, e.Question()) })
	if len(outcome.Errors) > 0 {
		return outcome, nil
	}
	var values []vault.Value
	for _, f := range s.Form.Fields() {
		text := outcome.Answers[f.Key]
		if !slices.Contains(s.Corrected(), f.ID) || text == was[f.Key] {
			continue
		}
		v := vault.Value{Field: f.ID, Text: text, Source: policy.SourceStaff}
		if f.Computed {
			v.Source = policy.SourceSystem
		}
		values = append(values, v)
	}
	err = d.Vault.Update(ctx, func(tx *db.Tx) error {
		if err := d.end(tx, actor, h, because, Replaced, values...); err != nil {
			return err
		}
		return d.issue(tx, &Document{Subject: h.Subject, Case: h.Case, Service: h.Service, N: h.N + 1, Issued: d.Clock.Now()}, h.Of.Reference)
	})
	return outcome, told("correct a document", err)
}
