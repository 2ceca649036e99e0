// Package profile is what people say about themselves when they open an
// account and whenever they change it.
//
// It promises: each value is kept in one form, and is refused with what is
// wrong beside it when it cannot be one. That it is true is not checked here:
// a declared value reserves nothing and proves nothing (O2).
//
// It owns no table and does no I/O.
package profile
