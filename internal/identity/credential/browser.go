package credential

import "strings"

// BrowserLabel says in two words which browser a User-Agent is of, such as
// "Firefox, Windows": enough to recognise one's own, too little to single
// anybody out. It is one of a few that are listed here, never what was sent.
func BrowserLabel(agent string) string {
	return pick(agent, "Browser", []string{
		"Edg", "Edge", "OPR", "Opera", "SamsungBrowser", "Samsung Internet", "Firefox", "Firefox", "FxiOS", "Firefox",
		"CriOS", "Chrome", "Chrome", "Chrome", "Safari", "Safari",
	}) + ", " + pick(agent, "unknown system", []string{
		"Android", "Android", "iPhone", "iOS", "iPad", "iPadOS", "Windows", "Windows", "Macintosh", "macOS", "CrOS", "ChromeOS", "Linux", "Linux",
	})
}

// pick returns the name behind the first sign that is in s.
func pick(s, otherwise string, signs []string) string {
	for i := 0; i < len(signs); i += 2 {
		if strings.Contains(s, signs[i]) {
			return signs[i+1]
		}
	}
	return otherwise
}
