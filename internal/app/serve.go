package app

import (
	"context"
	"errors"
)

// Serve runs the portal until ctx ends.
func Serve(ctx context.Context, o Options) error {
	return errors.New("serve: the features are not mounted yet")
}
