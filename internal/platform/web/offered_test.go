package web

import "testing"

func TestM27_ARouteOfAnActivityThatIsNotDeclaredIsNotThere(t *testing.T) {
	r := newRouter(t, func(c *Config) { c.Offered = func(activity string) bool { return activity == "account" } })
	for path, activity := range map[string]string{"/own": "account", "/all": "public", "/none": "none: opens nothing", "/other": "mandate"} {
		r.Handle(Route{Method: "GET", Path: path, Activity: activity, Handler: ok})
	}
	for path, want := range map[string]int{"/en/own": 200, "/en/all": 200, "/en/none": 200, "/en/other": 404} {
		if res := fetch(t, r, get(path)); res.Code != want {
			t.Errorf("%s: status %d, want %d", path, res.Code, want)
		}
	}
}
