package main

import (
	"portico/internal/instance"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/proof"
)

// loadOptions is what check needs to know of the program.
func loadOptions() (instance.Options, error) {
	c, err := i18n.Load(web.Locales())
	return instance.Options{Catalogue: c, Controls: proof.ControlIDs()}, err
}
