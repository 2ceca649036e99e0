package cases

import (
	"errors"
	"fmt"

	"portico/internal/forms"
)

// wrap says what was tried, unless there is no error.
func wrap(tried string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", tried, err)
}

// firstOf returns err, or otherwise if there is none.
func firstOf(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// asRule returns the id of the rule that could not be evaluated.
func asRule(err error) (string, bool) {
	var rule *forms.RuleError
	if errors.As(err, &rule) {
		return rule.Rule, true
	}
	return "", false
}
