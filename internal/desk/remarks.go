package desk

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"portico/internal/cases"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/policy"
)

// What a reusable remark may measure, and how many there are for a service,
// everybody's and each official's own.
const (
	MaxRemark  = 500
	maxRemarks = 40
)

// Remark is a text that officials insert into what they write to applicants.
// It is read in many cases and tells nothing about a person.
type Remark struct {
	Service string
	ID      string
	Owner   string // the official whose own it is; empty: everybody's
	Text    string
}

// ofSomebody finds what a text that fits many cases has no need of: addresses
// of mail, and numbers long enough to be a person's.
var ofSomebody = regexp.MustCompile(`@|[0-9][0-9 ./-]{4,}[0-9]`)

var (
	errNotYours = fault.New(fault.Denied, "desk.remarks.denied")
	errNobody   = fault.New(fault.NotFound, "desk.load.nobody")
	errNoRemark = fault.New(fault.NotFound, "desk.remarks.unknown")
)

// Remarks lists the reusable remarks that an official has for a service.
func (k *Desk) Remarks(ctx context.Context, who policy.Actor, service string) (list []Remark, err error) {
	err = k.DB.View(ctx, func(tx *db.Tx) error {
		list, err = selectRemarks(tx, service, who.ID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list reusable remarks: %w", err)
	}
	return list, nil
}

// AddRemark keeps a remark for a service that the official decides on, or
// supervises: for themself, or for everybody, which only who supervises can do.
func (k *Desk) AddRemark(ctx context.Context, who policy.Actor, r Remark) error {
	r.Text = strings.TrimSpace(r.Text)
	switch n := utf8.RuneCountInString(r.Text); {
	case !k.works(who, r.Service):
		return fault.Input(fault.Field{Name: "service", Code: "desk.remarks.service"})
	case r.Owner == "" && !k.supervises(who, r.Service):
		return errNotYours
	case r.Text == "":
		return fault.Input(fault.Field{Name: "text", Code: "desk.remarks.empty"})
	case n > MaxRemark:
		return fault.Input(fault.Field{Name: "text", Code: "desk.remarks.long", Args: []any{"n", MaxRemark}})
	case ofSomebody.MatchString(r.Text):
		return fault.Input(fault.Field{Name: "text", Code: "desk.remarks.person"})
	}
	now := k.Clock.Now()
	r.ID = id.New(now)
	err := k.DB.Update(ctx, func(tx *db.Tx) error {
		list, err := selectRemarks(tx, r.Service, r.Owner)
		if err != nil {
			return err
		}
		same := 0
		for _, other := range list {
			if other.Owner == r.Owner {
				same++
			}
		}
		if same >= maxRemarks {
			return fault.Input(fault.Field{Name: "text", Code: "desk.remarks.many", Args: []any{"n", maxRemarks}})
		}
		return insertRemark(tx, r, now)
	})
	if err != nil {
		return fmt.Errorf("add a reusable remark: %w", err)
	}
	return nil
}

// RemoveRemark forgets a remark: one's own, or everybody's if one supervises.
func (k *Desk) RemoveRemark(ctx context.Context, who policy.Actor, service, remark string) error {
	err := k.DB.Update(ctx, func(tx *db.Tx) error {
		gone, err := deleteRemark(tx, service, remark, who.ID)
		if err == nil && !gone && k.supervises(who, service) {
			gone, err = deleteRemark(tx, service, remark, "")
		}
		if err == nil && !gone {
			err = errNoRemark
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("remove a reusable remark: %w", err)
	}
	return nil
}

// inserted is what was written with a reusable remark behind it, on a line of
// its own.
func (k *Desk) inserted(ctx context.Context, who policy.Actor, service, remark, written string) (string, error) {
	list, err := k.Remarks(ctx, who, service)
	if err != nil {
		return "", err
	}
	for _, r := range list {
		if r.ID == remark && utf8.RuneCountInString(written)+utf8.RuneCountInString(r.Text) < 4*cases.MaxText {
			return strings.TrimLeft(strings.TrimRight(written, "\n")+"\n"+r.Text, "\n"), nil
		}
	}
	return written, nil
}
