package instance

import (
	"slices"

	"portico/internal/policy"
	"portico/internal/services"
)

// The uses of data that taking payments is.
var paying = [...]string{"payment", "payment-accounts"}

// payments checks that what waits for a payment can be paid, and that the
// policy says so. A version that is kept is not judged by today's place.
func (l *loader) payments(in *Instance) {
	if l.kept || in.Declarations == nil {
		return
	}
	if p := in.Environment.Payment; p != nil {
		if c := in.Portal.Currency; c != "" && p.Currency != string(c) { // that there is none is a fault of its own
			l.at(environmentFile, "payment/currency", "payment/currency: must be the portal's, %s", c)
		}
		if (p.Token == Ref{}) || (p.Signing == Ref{}) {
			l.at(environmentFile, "payment", "payment: token and signing-secret are needed")
		}
		for _, id := range paying {
			if !slices.ContainsFunc(in.Declarations.Activities, func(a policy.Activity) bool { return a.ID == id }) {
				l.at(environmentFile, "payment", "payment: policy/purposes.yaml declares no activity %q", id)
			}
		}
		return
	}
	for id, d := range in.Services {
		if i := slices.IndexFunc(d.Workflow.States, func(s services.State) bool { _, waits := s.Paid(); return waits }); i >= 0 {
			l.at("services/"+id+"/workflow.yaml", index("states", i), "the fee is paid on the portal, and environment.yaml declares no payment")
		}
	}
}
