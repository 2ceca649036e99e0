package services

import (
	"portico/internal/platform/i18n"
	"portico/internal/policy"
)

// File is service.yaml.
type File struct {
	ID          string        `yaml:"id"`
	Version     string        `yaml:"version"`
	Reference   string        `yaml:"reference"`
	Name        i18n.Text     `yaml:"name"`
	Summary     i18n.Text     `yaml:"summary"`
	Category    i18n.Text     `yaml:"category"`
	Audience    []Audience    `yaml:"audience"`
	Eligibility i18n.Text     `yaml:"eligibility"`
	Documents   []i18n.Text   `yaml:"documents,omitempty"`
	Cost        i18n.Text     `yaml:"cost"`
	After       i18n.Text     `yaml:"after"`
	Law         i18n.Text     `yaml:"law"`
	Appeal      i18n.Text     `yaml:"appeal"`
	Responsible string        `yaml:"responsible"`
	WorkingDays int           `yaml:"working-days"`
	Purpose     string        `yaml:"purpose"`
	Basis       *policy.Basis `yaml:"basis,omitempty"`
	Retention   string        `yaml:"retention"`
	Apply       Apply         `yaml:"apply"`
	Decide      Decide        `yaml:"decide"`
	Remarks     Remarks       `yaml:"remarks"`
}

// Audience is for whom a service is.
type Audience string

// Values lists the audiences.
func (Audience) Values() []string { return []string{"person", "company", "council"} }

// Apply names the person's own use of what they apply with.
type Apply struct {
	Name i18n.Text `yaml:"name"`
}

// Decide says who decides and what they may see.
type Decide struct {
	Name   i18n.Text `yaml:"name"`
	Roles  []string  `yaml:"roles"`
	Fields []string  `yaml:"fields"`
}

// Remarks declares the field ID.remarks.
type Remarks struct {
	Category string    `yaml:"category"`
	Name     i18n.Text `yaml:"name"`
	Why      i18n.Text `yaml:"why"`
}

// Tests is a file of tests/.
type Tests struct {
	Now     string         `yaml:"now"`
	Answers map[string]any `yaml:"answers,omitempty"`
	Cases   []Test         `yaml:"cases"`
}

// Test is one case: given answers and a time, what comes out.
type Test struct {
	Name    string         `yaml:"name"`
	Now     string         `yaml:"now,omitempty"`
	Answers map[string]any `yaml:"answers,omitempty"`
	Actions []string       `yaml:"actions,omitempty"`
	Expect  Expect         `yaml:"expect"`
}

// Expect is what a test expects. What is left out is not looked at, but for
// errors: none is expected unless named.
type Expect struct {
	Errors map[string]string `yaml:"errors,omitempty"`
	Hidden []string          `yaml:"hidden,omitempty"`
	Values map[string]string `yaml:"values,omitempty"`
	Fee    *int64            `yaml:"fee,omitempty"`
	State  string            `yaml:"state,omitempty"`
}
