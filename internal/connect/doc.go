// Package connect makes what the portal connects to, as environment.yaml
// declares it: mail, SMS, the scanner, payments and the login of somebody else.
//
// It promises: nothing is connected to that is not declared, and a secret that
// cannot be read stops the start, by name and without its value.
//
// It owns no table.
package connect
