// Package versions tells what a newer version of a form asks otherwise than an
// older one, so that somebody whose draft is carried over can be told. Which
// answers still fit is the form's to say (Adopt).
package versions
