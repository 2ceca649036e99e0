package documents_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"portico/internal/documents"
	"portico/internal/forms"
	"portico/internal/platform/db"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/testkit"
)

func (w *world) router() *web.Router {
	return w.Router(func(r *web.Router) {
		w.Mount(r)
		w.docs.Mount(r)
	}, documents.Locales())
}

// onOneEngine runs a test of pages: what they read and write is tried on both.
func onOneEngine(t *testing.T, run func(w *world)) {
	t.Helper()
	run(newWorld(t, testkit.Database(t, db.SQLite, migrations()...)))
}

// hostile is what people write who mean harm, or have long names.
func hostile() map[string]forms.Answers {
	return map[string]forms.Answers{
		"markup":         {"road": `<script>alert("qzx")</script>`, "section": "{name} {{.}} {service.name} %s &amp;"},
		"sixty letters":  {"name": "Fathimath Nashwa Abdul-Rahman-Didi Bint Mohamed Jameel Manik", "road": strings.Repeat("Boduthakurufaanu ", 5)},
		"Dhivehi":        {"name": "ޢާއިޝަތު މުޙައްމަދު ދީދީ", "road": "ބޮޑުތަކުރުފާނު މަގު"},
		"diacritics":     {"name": "Nərgiz Əliyeva-Żółtowska", "section": "Ğülşən küçəsi, Þórðardóttir"},
		"no font has it": {"name": "艾莎 😀", "section": "العربية"},
		"a PDF's own":    {"road": ") Tj ET endstream endobj %%EOF (", "section": `\) \\ \n`},
		"several lines":  {"section": "Finifenmaage\nFuvahmulah City\n18011"},
	}
}

func TestO18_WhatPeopleWriteIsDataOnADocument(t *testing.T) {
	onOneEngine(t, func(w *world) {
		t, router := w.t, w.router()
		b := w.Browse(router, w.Citizen)
		for name, answers := range hostile() {
			doc := w.issued(w.Citizen, with(answers))
			for _, lang := range []string{"en", "dv"} {
				path := "/" + lang + "/cabinet/documents/" + doc.ID
				page, status, _ := b.Get(path)
				if status != http.StatusOK || page.Has("main script") {
					t.Fatalf("%s: %s answers %d", name, path, status)
				}
				text := page.One("main article").Text()
				for _, a := range answers {
					for line := range strings.SplitSeq(a, "\n") {
						if !strings.Contains(strings.Join(strings.Fields(text), " "), strings.Join(strings.Fields(line), " ")) {
							t.Errorf("%s: %s does not say %q: %s", name, path, line, text)
						}
					}
				}
				if drawn := page.Has(`main a[href$="/pdf"]`); drawn == (name == "no font has it") {
					t.Errorf("%s: %s offers a PDF: %v", name, path, drawn)
				}
			}
		}
	})
}

func TestO18_TheDocumentIsAPageAndAFileInBothLanguages(t *testing.T) {
	onOneEngine(t, func(w *world) {
		t, router := w.t, w.router()
		b := w.Browse(router, w.Citizen)
		page, _, _ := b.Get("/en/cabinet/documents")
		if !page.Has("main .nothing") {
			t.Error("nothing says that there are none")
		}
		doc := w.issued(w.Citizen, with(nil))
		for lang, want := range map[string]string{"en": "30 November 2026", "dv": "ނޮވެންބަރު"} {
			page, _, _ = b.Get("/" + lang + "/cabinet/documents")
			if row := page.One("main tbody tr").Text(); !strings.Contains(row, doc.Number) || !strings.Contains(row, want) {
				t.Errorf("%s: the list says %s", lang, row)
			}
			page, _, _ = b.Get("/" + lang + "/cabinet/applications/" + doc.Case)
			href := page.One(`main a[href*="/cabinet/documents/"]`).Attr("href")
			page, _, _ = b.Get(href)
			if page.Find("h1").Len() != 1 || !page.Has("main svg path") {
				t.Errorf("%s: %s has no title, or no code", lang, href)
			}
			resp := b.Raw(page.One(`main a[href$="/pdf"]`).Attr("href"))
			file, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != http.StatusOK || !bytes.HasPrefix(file, []byte("%PDF-")) || resp.Header.Get("Cache-Control") != "no-store" ||
				!strings.HasPrefix(resp.Header.Get("Content-Disposition"), "attachment") {
				t.Errorf("%s: the file is %d, %v (%v)", lang, resp.StatusCode, resp.Header, err)
			}
			_ = resp.Body.Close()
		}
		stranger := w.Browse(router, w.Person("Hawwa Ibrahim"))
		for _, path := range []string{"", "/pdf"} {
			if _, status, _ := stranger.Get("/en/cabinet/documents/" + doc.ID + path); status != http.StatusNotFound {
				t.Errorf("a stranger gets %d", status)
			}
		}
		w.Sessions[w.Citizen.ID].Seasoned = w.Store.Clock.Now().Add(time.Hour)
		if _, status, _ := b.Get("/en/cabinet/documents/" + doc.ID + "/pdf"); status != http.StatusForbidden {
			t.Errorf("a session that is too new downloads it: %d", status)
		}
	})
}

func TestO6_VerifyingSaysNothingOfWhoseDocumentItIs(t *testing.T) {
	onOneEngine(t, func(w *world) {
		t, router := w.t, w.router()
		doc := w.issued(w.Citizen, with(nil))
		token := w.open(w.Citizen, doc.ID).Token
		b := w.Browse(router, policy.Actor{})
		look := func(path string) (string, int, http.Header) {
			resp := b.Raw(path)
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			return string(body), resp.StatusCode, resp.Header
		}
		says, status, header := look("/en/verify/" + doc.Number + "/" + token)
		if status != http.StatusOK || !strings.Contains(says, "This document is valid.") || header.Get("X-Robots-Tag") != "noindex" {
			t.Errorf("valid: %d, %v", status, header)
		}
		for _, secret := range []string{"Aishath", "Dhigu Magu", "A123456", doc.ID, doc.Case, w.Citizen.ID} {
			if strings.Contains(says, secret) {
				t.Errorf("everybody is told %q", secret)
			}
		}
		wrong, status, _ := look("/en/verify/" + doc.Number + "/" + strings.Repeat("a", 26))
		nobody, other, _ := look("/en/verify/RP-0000-0000/" + strings.Repeat("a", 26))
		if status != http.StatusNotFound || other != status || strings.ReplaceAll(wrong, doc.Number, "") != strings.ReplaceAll(nobody, "RP-0000-0000", "") {
			t.Errorf("a wrong token (%d) and a wrong number (%d) can be told apart", status, other)
		}
	})
}

func TestO10_OfficialsRevokeAndCorrectOnTheirPages(t *testing.T) {
	onOneEngine(t, func(w *world) {
		t, router := w.t, w.router()
		doc := w.issued(w.Citizen, with(nil))
		leader, officer := w.Browse(router, w.Leader), w.Browse(router, w.Official)
		if _, status, _ := officer.Get("/staff/documents"); status != http.StatusForbidden {
			t.Errorf("who may not revoke gets %d", status)
		}
		here := "/staff/documents/" + doc.Number
		if _, status, _ := officer.Get(here); status != http.StatusNotFound {
			t.Errorf("who may not revoke sees it: %d", status)
		}
		if page, status, _ := leader.Get("/staff/documents?number=RP-0000-0000"); status != http.StatusUnprocessableEntity || !page.Has("#number[aria-invalid]") {
			t.Errorf("a number of nobody answers %d", status)
		}
		page, _, at := leader.Get("/staff/documents?number=" + strings.ToLower(doc.Number))
		if at != here || strings.Contains(page.Text(), "Dhigu Magu") {
			t.Errorf("it leads to %s, which says what the document is about", at)
		}
		page, status, _ := leader.Post(here, url.Values{"action": {"revoke"}, "reason": {"short"}})
		if status != http.StatusUnprocessableEntity || page.One("textarea[name=reason]").Text() != "short" {
			t.Errorf("without a reason: %d", status)
		}
		page, status, _ = leader.Post(here, url.Values{"action": {"correct"}, "reason": {"The road was written wrong."}})
		if status != http.StatusOK || page.Has(`[name=hours]`) || page.Has(`[name=name]`) {
			t.Fatalf("correcting: %d", status)
		}
		sent := page.One("main form").Values()
		sent.Set("road", "")
		sent.Set("action", "replace")
		if page, status, _ := leader.Post(here, sent); status != http.StatusUnprocessableEntity || !page.Has("#road[aria-invalid]") {
			t.Errorf("corrected into nothing: %d", status)
		}
		sent.Set("road", "Magu Dhigu")
		if page, status, _ := leader.Post(here, sent); status != http.StatusOK || !strings.Contains(page.One("main").Text(), "Replaced") {
			t.Errorf("corrected: %d", status)
		}
		w.work()
		if page, status, _ := leader.Post(here+"-2", url.Values{"action": {"revoke"}, "reason": {"The road is closed for good."}}); status != http.StatusOK || !strings.Contains(page.Text(), "Revoked") {
			t.Errorf("revoked: %d", status)
		}
		page, _, _ = w.Browse(router, w.Citizen).Get("/en/cabinet/documents/" + w.of1(doc.Case).ID)
		if !strings.Contains(page.One("main").Text(), "The road is closed for good.") {
			t.Errorf("the person reads %s", page.One("main").Text())
		}
	})
}
