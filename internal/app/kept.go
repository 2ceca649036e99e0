package app

import (
	"portico/internal/cases"
	"portico/internal/drafts"
	"portico/internal/holdings"
)

// Kept are the kinds of things that all features keep of people.
func Kept() (all []holdings.Kind) {
	for _, kinds := range [][]holdings.Kind{
		cases.Kept(),
		drafts.Kept(),
	} {
		all = append(all, kinds...)
	}
	return all
}
