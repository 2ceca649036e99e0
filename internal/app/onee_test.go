package app_test

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"portico/internal/app"
	"portico/internal/audit"
	"portico/internal/demo"
	"portico/internal/instance"
	"portico/internal/notify/kinds"
	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/testkit"
	"portico/internal/testkit/chromium"
)

// loadDir loads an instance as check and serve do.
func loadDir(t *testing.T, fsys fs.FS) (*instance.Instance, []instance.Fault) {
	t.Helper()
	opts, err := app.LoadOptions(false)
	if err != nil {
		t.Fatal(err)
	}
	return instance.Load(fsys, opts)
}

// TestN_WhatOneeTellsItsClientsIsDeclared reads, statement by statement, what
// the instance of a company in Indonesia declares.
func TestN_WhatOneeTellsItsClientsIsDeclared(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(testkit.Root(), "instances/onee")
	in, faults := loadDir(t, os.DirFS(dir))
	if len(faults) > 0 {
		t.Fatalf("onee is not sound: %v", faults)
	}
	d := in.Declarations
	promised := func(statement string) (all []policy.Promise) {
		for _, p := range d.Promises {
			if slices.Contains(p.Statements, statement) {
				all = append(all, p)
			}
		}
		return all
	}
	purpose := func(id string) policy.Purpose {
		return d.Purposes[slices.IndexFunc(d.Purposes, func(p policy.Purpose) bool { return p.ID == id })]
	}
	right := func(kind policy.RightKind) *policy.Right {
		i := slices.IndexFunc(d.Rights, func(r policy.Right) bool { return r.Kind == kind })
		if i < 0 {
			return nil
		}
		return &d.Rights[i]
	}
	for _, p := range d.Promises {
		if p.NotYetKept {
			t.Errorf("%s is not yet kept", p.ID)
		}
	}
	behind := func(id, control string) bool {
		i := slices.IndexFunc(d.Promises, func(p policy.Promise) bool { return p.ID == id })
		return i >= 0 && d.Promises[i].Control == control && (control != "" || d.Promises[i].Attestation != nil)
	}
	address := in.Environment.Inbound.Address
	for statement, holds := range map[string]func(t *testing.T) bool{
		"N4": func(*testing.T) bool { return behind("declared-data", "declared-data") },
		"N6": func(*testing.T) bool { // the newsletter goes to who wants it
			return behind("newsletter", "notices") && in.Notices[kinds.News].Optional() && in.Notices[kinds.News].Purpose == "newsletter"
		},
		"N7": func(*testing.T) bool { // nobody else advertises: no party gets data for it but who sends our mail
			for _, p := range d.Parties {
				if (slices.Contains(p.Purposes, "newsletter") || slices.Contains(p.Purposes, "offers")) && p.ID != "operator" && p.ID != "mail-provider" {
					return false
				}
			}
			return !slices.ContainsFunc(d.Purposes, func(p policy.Purpose) bool { return p.DPV == "dpv:Advertising" })
		},
		"N8": func(t *testing.T) bool {
			for _, id := range []string{kinds.Update, kinds.PolicyChange, kinds.FeeDue, kinds.MoneyPaid, kinds.MoneyReturned, kinds.Granted, kinds.Refused} {
				if k := in.Notices[id]; k == nil || k.Optional() || len(k.Why) != 2 {
					t.Errorf("%s can be switched off, or does not say why not", id)
				}
			}
			return behind("important-notices", "notices") && strings.Contains(promised("N8")[0].Text["en"], "important product updates")
		},
		"N9": func(*testing.T) bool {
			for kind, to := range map[string]string{kinds.News: "newsletter", kinds.Offer: "offers"} {
				if k := in.Notices[kind]; k == nil || k.Class != kinds.MarketingClass || k.Purpose != to || purpose(to).Basis.DPV != "dpv:Consent" {
					return false
				}
			}
			return behind("newsletter", "notices") && behind("stays-out", "stays-out")
		},
		"N10": func(t *testing.T) bool { // data without a period is refused
			files := os.DirFS(copied(t, dir, "policy/data.yaml", "retention: communication", "retention: for-ever"))
			_, faults := loadDir(t, files)
			return slices.ContainsFunc(faults, func(f instance.Fault) bool {
				return f.File == "policy/data.yaml" && strings.Contains(f.Message, "for-ever")
			})
		},
		"N11": func(t *testing.T) bool { // asked in its own words, and said again in policy and terms
			for _, lang := range []string{"id", "en"} {
				if !strings.Contains(in.Portal.Storage.Consent[lang], "Jakarta") || !strings.Contains(in.Portal.Storage.Location[lang], "Jakarta") {
					t.Errorf("%s: Jakarta is not named", lang)
				}
				terms, err := os.ReadFile(filepath.Join(dir, "policy/terms", lang+".md"))
				if err != nil || !strings.Contains(string(terms), "Jakarta") {
					t.Errorf("%s: the terms do not say it (%v)", lang, err)
				}
			}
			return behind("storage-consent", "agreements")
		},
		"N12": func(*testing.T) bool { // a program sees the electronic ones only
			return behind("safeguards", "") && behind("encryption-at-rest", "encryption-at-rest") && behind("key-backup", "key-backup")
		},
		"N13": func(t *testing.T) bool {
			for _, kind := range []policy.RightKind{policy.RightAccess, policy.RightRectification, policy.RightErasure, policy.RightRestriction, policy.RightObjection, policy.RightAutomated, policy.RightCopy} {
				if right(kind) == nil {
					t.Errorf("there is no right of %s", kind)
				}
			}
			return true
		},
		"N14": func(t *testing.T) bool {
			if in.Portal.Horizon() == policy.PeriodNone {
				t.Error("nothing says from when on no copy opens what was erased")
			}
			if !slices.ContainsFunc(d.Activities, func(a policy.Activity) bool { return a.ID == "rights-entry" && slices.Contains(a.Who, "role:support") }) {
				t.Error("nobody who reads the mail can enter a request")
			}
			erasure := right(policy.RightErasure)
			for _, g := range []policy.Ground{"justifications:ProcessFrivolous", "justifications:ProcessMalicious", "justifications:ThirdPartyRightsImpaired", "justifications:DisproportionateEffortRequired", "justifications:LegallyExempted", "justifications:LegitimateInterestOverride"} {
				if !slices.Contains(erasure.Refusal, g) {
					t.Errorf("erasure cannot be refused because of %s", g)
				}
			}
			return len(erasure.Appeal) == 2 && strings.Contains(erasure.How["id"], address) && strings.Contains(erasure.How["en"], address)
		},
		"N15": func(*testing.T) bool {
			return behind("answers", "answers") && behind("complaints", "answers") && behind("authority", "answers") && behind("authority-cooperation", "") && in.Portal.Help.AnswerWithin.Complaint > 0 && right(policy.RightComplaint) != nil
		},
		"N16": func(*testing.T) bool {
			return behind("announced", "announced") && in.Notices[kinds.PolicyChange] != nil
		},
		"N17": func(t *testing.T) bool { // a question of an undeclared category is refused
			files := os.DirFS(copied(t, dir, "services/domain-name/form.yaml", "x-portico-category: order", "x-portico-category: health"))
			_, faults := loadDir(t, files)
			return slices.ContainsFunc(faults, func(f instance.Fault) bool {
				return strings.HasSuffix(f.File, "form.yaml") && strings.Contains(f.Message, "health")
			})
		},
		"N18": func(*testing.T) bool {
			return behind("contacts-current", "contacts-current") && in.Portal.ConfirmContacts() == "P6M"
		},
		"N19": func(t *testing.T) bool {
			for lang, title := range map[string]string{"id": "Pemberitahuan", "en": "Notices"} {
				words, err := os.ReadFile(filepath.Join(dir, "policy/terms", lang+".md"))
				if err != nil {
					t.Fatal(err)
				}
				_, section, found := strings.Cut(string(words), "\n## "+title+"\n")
				section, _, _ = strings.Cut(section, "\n## ")
				if !found || !strings.Contains(section, address) {
					t.Errorf("%s: the section %q holds no contact", lang, title)
				}
			}
			return true
		},
	} {
		t.Run(statement, func(t *testing.T) {
			if len(promised(statement)) == 0 {
				t.Error("nothing is promised of it")
			}
			if !holds(t) {
				t.Error("it is not declared")
			}
		})
	}
}

// TestN_OneeSpeaksAsACompanyDoes looks at each sentence that its pages can say.
func TestN_OneeSpeaksAsACompanyDoes(t *testing.T) {
	t.Parallel()
	in, faults := loadDir(t, os.DirFS(filepath.Join(testkit.Root(), "instances/onee")))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	for lang, offices := range map[string][]string{
		"en": {"applicant", "applicants", "application", "applications", "cabinet", "citizen", "citizens", "civil servant", "council", "councils", "government", "institution", "institutions", "ministry", "municipality", "official", "officials", "permit", "permits"},
		"id": {"dewan", "instansi", "izin", "kementerian", "lembaga", "lembaganya", "pejabat", "pemerintah", "pemohon", "permohonan", "permohonannya", "warga"},
	} {
		words := map[string]string{}
		for _, word := range offices {
			words[word] = "x"
		}
		unsaid := in.Catalogue.Clone().Reword(lang, words)
		for _, word := range offices {
			if !slices.Contains(unsaid, word) {
				t.Errorf("%s: a company's page says %q; locales/%s.yaml has no word for it", lang, word, lang)
			}
		}
	}
}

// copied is a copy of a directory in which a file says something else.
func copied(t *testing.T, dir, name, old, replacement string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(to, name))
	if err != nil || !strings.Contains(string(b), old) {
		t.Fatalf("%s does not hold %q (%v)", name, old, err)
	}
	if err := os.WriteFile(filepath.Join(to, name), []byte(strings.Replace(string(b), old, replacement, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}

// TestN4_N6_N8_OneeSpeaksIndonesianAndItsClientChoosesTheNewsletterAlone serves
// the instance, and has a client order a name and choose what they are sent.
func TestN4_N6_N8_OneeSpeaksIndonesianAndItsClientChoosesTheNewsletterAlone(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	dir := filepath.Join(t.TempDir(), "onee")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(testkit.Root(), "instances/onee"))); err != nil {
		t.Fatal(err)
	}
	awake(t, dir)
	portal := testkit.Serve(t, dir, "--demo", "--data", filepath.Join(data, "data"), "--keys", filepath.Join(data, "keys"))
	b := portal.Browse()
	holds(t, "the first page", b.Page("/id", http.StatusOK), "Daftarkan nama domain", "Kebijakan privasi")
	holds(t, "the policy (N11)", b.Page("/id/privacy", http.StatusOK), "kantor kami di Jakarta", "Terakhir diperbarui", "privacy@onee.example")
	holds(t, "the fee", b.Page("/id/services/domain-name/fee?_look=1&ending=com&years=2", http.StatusOK), "IDR 360.000")

	b.Submit("/id/sign-in", url.Values{"contact": {portal.Person("client")}, "password": {demo.Password}}, http.StatusOK)
	const apply = "/id/services/domain-name/apply"
	holder := press(t, b, b.Page(apply, http.StatusOK), url.Values{"label": {"tokobunga"}, "ending": {"id"}, "years": {"2"}})
	check := press(t, b, holder, url.Values{
		"name": {"Siti Rahmawati"}, "identity-number": {"3171014604870001"}, "address": {"Jalan Melati 5, Jakarta"}, "email": {"siti@contoh.example"}, "phone": {"+62 21 5550 0123"},
	})
	holds(t, "whoever checks the order", check, "tokobunga", "IDR 440.000", "nama ini tidak melanggar hak orang lain")
	holds(t, "whoever ordered", press(t, b, check, url.Values{"_declared": {"yes"}}), "Pesanan terkirim", "DN-")

	settings := b.Page("/id/cabinet/settings/notices", http.StatusOK)
	holds(t, "the settings", settings, "Biaya perlu dibayar", "Pembaruan penting", "Ini tidak dapat Anda matikan.")
	if settings.Has("input[name*='payment-due'], input[value*='payment-due']") {
		t.Error("an important notice can be switched off")
	}
	if !settings.Has("main a[href='/id/cabinet/consents']") {
		t.Error("the settings do not lead to where the newsletter is chosen")
	}
	asked := b.Page("/id/cabinet/consents", http.StatusOK)
	holds(t, "the consents", asked, "Mengirim buletin tentang layanan kami", "Mengirim penawaran produk kami sendiri", "Belum dijawab")
	holds(t, "where the data is stored, among what was agreed to (N11)", asked, "dikirim ke kantor onee di Jakarta", "Anda menyetujuinya pada")
	pushesSay(t, b, asked, "newsletter", "given")
	asked = b.Page("/id/cabinet/consents", http.StatusOK)
	holds(t, "after consenting", asked, "Anda setuju")
	if !b.Page("/id/cabinet/rights/opt-out", http.StatusOK).Has("input[value='purpose newsletter']") {
		t.Error("one cannot opt out of the newsletter under My rights, as the policy says (N6)")
	}
	pushesSay(t, b, asked, "newsletter", "withdrawn")
	holds(t, "after withdrawing", b.Page("/id/cabinet/consents", http.StatusOK), "Ditarik")
	offered(t, portal, b)
	leadsToNobody(t, testkit.Open(t, "file:"+filepath.Join(data, "data", "portico.db")), "Siti Rahmawati", portal.Person("client"), "siti@contoh.example", "3171015204870001", "3171014604870001", "Jalan Melati", "5550 0123")
}

// leadsToNobody reads what the program holds as non-personal, in every column of
// every table that says so: no id of anybody stands there, and nothing of what
// the client said (N4).
func leadsToNobody(t *testing.T, d *db.DB, said ...string) {
	t.Helper()
	read := func(query string, see func(string)) {
		err := d.View(t.Context(), func(tx *db.Tx) error {
			return tx.Select(func(r *db.Rows) error {
				var value any
				err := r.Scan(&value)
				if b, ok := value.([]byte); ok {
					value = string(b)
				}
				see(fmt.Sprint(value))
				return err
			}, query)
		})
		if err != nil {
			t.Fatal(query, err)
		}
	}
	people := 0
	read(`SELECT subject FROM vault_gate`, func(subject string) {
		if people++; subject != audit.System {
			said = append(said, subject)
		}
	})
	columns, values := 0, 0
	for _, table := range app.Holdings() {
		for column, holds := range table.Columns {
			if holds != db.Nothing {
				continue
			}
			columns++
			read(fmt.Sprintf("SELECT %q FROM %s", column, table.Name), func(value string) {
				values++
				for _, of := range said {
					if strings.Contains(value, of) {
						t.Errorf("N4: %s.%s is said to lead to nobody, and holds %q: %.80s", table.Name, column, of, value)
					}
				}
			})
		}
	}
	if people < 8 || columns < 100 || values < 1000 {
		t.Errorf("only %d people, %d columns and %d values were looked at", people, columns, values)
	}
}

// offered has an official send an offer to the one client who consents to
// offers, and the client's mail service end them with one click (RFC 8058).
func offered(t *testing.T, portal *testkit.Program, client *testkit.Browser) {
	t.Helper()
	abroad, official, service := portal.Browse(), portal.Browse(), portal.Browse()
	abroad.Submit("/en/sign-in", url.Values{"contact": {portal.Person("client-abroad")}, "password": {demo.Password}}, http.StatusOK)
	pushesSay(t, abroad, abroad.Page("/en/cabinet/consents", http.StatusOK), "newsletter", "given")
	pushesSay(t, client, client.Page("/id/cabinet/consents", http.StatusOK), "offers", "given")

	official.Submit("/staff/sign-in", url.Values{"email": {portal.Person("marketing-officer")}, "password": {demo.Password}}, http.StatusOK)
	const offer = "/staff/offers/ten-years"
	if !official.Page("/staff/offers?lang=en", http.StatusOK).Has("main a[href='" + offer + "']") {
		t.Fatal("the offer is not listed")
	}
	page := official.Page(offer+"?lang=en", http.StatusOK)
	holds(t, "before it is sent", page, "Send to 1 person", "Keep your name for up to ten years", "Simpan nama Anda sampai sepuluh tahun", "/id/unsubscribe/")
	tab := chromium.Start(t).Tab(t, chromium.Look{Width: 1280})
	tab.Open(portal.URL + "/staff/sign-in?lang=id")
	tab.Type("email", portal.Person("marketing-officer"))
	tab.Type("password", demo.Password)
	tab.Submit()
	judged(t, tab, portal.URL+"/staff/offers?lang=LANG", "Keep your name for up to ten years", "Simpan nama Anda sampai sepuluh tahun")
	judged(t, tab, portal.URL+offer+"?lang=LANG", "Send to 1 person", "Kirim kepada 1 orang")
	press(t, official, page, url.Values{"do": {"send"}})
	judged(t, tab, portal.URL+offer+"?lang=LANG", "People who consent now", "Orang yang kini setuju")
	mails := until(t, portal.Browse(), "/demo/mail?lang=en", "Simpan nama Anda sampai sepuluh tahun")
	ends := ""
	for mail := range mails.Find("main section").All() {
		if strings.Contains(mail.Text(), "sepuluh tahun") || strings.Contains(mail.Text(), "up to ten years") {
			if ends != "" || !strings.Contains(mail.Text(), portal.Person("client")) {
				t.Errorf("N7: the offer goes to %s", mail.Text())
			}
			ends = mail.One("a[href*='/unsubscribe/']").Attr("href")
		}
	}
	if official.Page(offer, http.StatusOK).Has("main form") {
		t.Error("it can be sent twice")
	}

	// A mail service opens the link, which ends nothing, and then asks to end it.
	holds(t, "who opens the link", service.Page(ends, http.StatusOK), "Penawaran kami", "Pemberitahuan penting")
	consents := func() testkit.Nodes { return client.Page("/id/cabinet/consents", http.StatusOK) }
	every := portal.URL + strings.Replace(ends, "/id/", "/LANG/", 1)
	judged(t, tab, every, "Our offers", "Penawaran kami")
	if !consents().Has("main button[value=withdrawn]") {
		t.Error("opening the link ended something")
	}
	for kind, body := range map[string]string{
		"application/x-www-form-urlencoded": "List-Unsubscribe=Other",
		"multipart/form-data; boundary=x":   "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n\r\n--x--\r\n",
		"text/plain":                        "List-Unsubscribe=One-Click",
	} {
		if got := click(service, ends, kind, body); got < 400 || got > 499 {
			t.Errorf("%s: %d", kind, got)
		}
	}
	if got := click(service, ends, "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n"); got != http.StatusOK {
		t.Errorf("RFC 8058: one click is answered with %d", got)
	}
	if got := click(service, ends, "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"); got != http.StatusOK {
		t.Errorf("RFC 8058: one click again is answered with %d", got)
	}
	if page := consents(); page.Has("main button[value=withdrawn]") || !strings.Contains(page.One("main").Text(), "Anda menarik persetujuan: Mengirim penawaran produk kami sendiri") {
		t.Errorf("N9: after one click the client consents as %s", page.One("main").Text())
	}
	judged(t, tab, every, "Our offers", "Penawaran kami") // used up
	holds(t, "the official", official.Page(offer+"?lang=en", http.StatusOK), "Sent", "People who consent now")
}

// judged looks at a page in both languages of onee, LANG in its address, narrow
// and wide, light and dark. It says what a page in that language must.
func judged(t *testing.T, tab *chromium.Tab, at, english, indonesian string) {
	t.Helper()
	for i, lang := range []string{"en", "id"} {
		tab.See([]int64{360, 1280}[i], i == 0)
		tab.Open(strings.Replace(at, "LANG", lang, 1))
		if said := tab.Text("main"); !strings.Contains(said, []string{english, indonesian}[i]) {
			t.Errorf("%s in %s says %s", at, lang, said)
		}
		tab.Judge()
		tab.See([]int64{1280, 360}[i], false)
		tab.Fits()
	}
}

// click posts as a mail service does: without a session, from no page.
func click(b *testkit.Browser, path, kind, body string) int {
	r := b.Request(http.MethodPost, path, strings.NewReader(body))
	r.Header.Del("Sec-Fetch-Site")
	r.Header.Set("Content-Type", kind)
	return b.Do(r).StatusCode
}
