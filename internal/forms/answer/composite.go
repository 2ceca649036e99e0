package answer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// ErrForm says that a text is no canonical answer.
var ErrForm = errors.New("not in the canonical form")

// JSON writes a value in the one way in which it is kept: compact,
// with sorted keys.
func JSON(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "" // of the values made here, none
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Read reads canonical JSON, numbers as they are written.
func Read(text string) (any, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, ErrForm
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, ErrForm
	}
	return v, nil
}

// File is one file of an answer, as uploads gave it.
type File struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Size int64  `json:"size"`
	Type string `json:"type"`
}

// FilesText is the canonical answer to a question for files.
func FilesText(files []File) string {
	if len(files) == 0 {
		return ""
	}
	return JSON(files)
}

// Files reads it; nil if it is none.
func Files(text string) []File {
	var files []File
	if json.Unmarshal([]byte(text), &files) != nil {
		return nil
	}
	return files
}

// Party is the answer to a question for whom somebody acts.
type Party struct {
	As      string `json:"as"` // person | company
	Company string `json:"company,omitempty"`
	Name    string `json:"name,omitempty"`
}

// PartyOf reads it.
func PartyOf(text string) (Party, bool) {
	var a Party
	err := json.Unmarshal([]byte(text), &a)
	return a, err == nil && (a.As == Person || a.As == Company)
}

// As whom somebody acts.
const (
	Person  = "person"
	Company = "company"
)

// Chosen reads the answer to a question with several choices.
func Chosen(text string) []string {
	var values []string
	if json.Unmarshal([]byte(text), &values) != nil {
		return nil
	}
	return values
}

// Text is the canonical answer.
func (p Party) Text() string { return JSON(p) }

// AddressMax is how long each part of an address may be.
func AddressMax(part string) int {
	switch part {
	case "lines":
		return 300
	case "place":
		return 100
	}
	return 20
}

// Address reads the parts of an address; nil if it is none.
func Address(text string) map[string]string {
	var parts map[string]string
	if json.Unmarshal([]byte(text), &parts) != nil {
		return nil
	}
	return parts
}
