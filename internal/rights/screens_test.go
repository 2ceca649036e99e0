package rights_test

import (
	"net/http"
	"testing"
)

func TestO14_WhatIsWrongOnTheDeskIsNotHidden(t *testing.T) {
	one(t, func(t *testing.T, w *world) {
		_, b := w.person("aishath@example.mv")
		_, official := w.official("shifa@example.mv")
		at := "/staff/rights/" + w.asks(b, "objection", "I never wanted this.", "purpose services")
		if page := press(official, at, "take", http.StatusOK); page.Has("details[open]") {
			t.Error("what few need is open from the first")
		} else if got := page.Find("#ground-1 option[value='']").Len(); got != 1 {
			t.Errorf("the grounds begin with %d empty choices", got)
		}
		if page := press(official, at, "extend", http.StatusUnprocessableEntity); !page.Has("details[open] #reason-error") {
			t.Error("the error stands in something closed")
		}
	})
}
