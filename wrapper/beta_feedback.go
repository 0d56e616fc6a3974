package wrapper

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/ascmarketplace/webhooks/gen"
)

// BetaFeedback is what testers send through TestFlight: the resources
// betaFeedbackCrashSubmissions and betaFeedbackScreenshotSubmissions.
type BetaFeedback struct{ c *Client }

// BetaFeedbackSubmission is what a tester sent about a build.
type BetaFeedbackSubmission struct {
	ID           string
	CreatedDate  time.Time
	Comment      string
	Email        PersonalData // the tester's
	DeviceFamily string       // such as IPHONE
	DeviceModel  string       // such as iPhone17,1
	OSVersion    string
	AppPlatform  string // IOS, MAC_OS, TV_OS or VISION_OS
	Locale       string
	Build        Build
	Screenshots  []Screenshot // none with a crash
}

// Screenshot is an image that a tester sent. Download it without a token.
type Screenshot struct {
	URL            DownloadURL
	ExpirationDate time.Time
	Width, Height  int
}

// Crash returns what a tester sent about a crash.
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-betafeedbackcrashsubmissions-_id_
func (s *BetaFeedback) Crash(ctx context.Context, id string) (BetaFeedbackSubmission, error) {
	params := gen.BetaFeedbackCrashSubmissionsGetInstanceParams{Include: []string{"build"}}
	call := s.c.call(operation{id: "betaFeedbackCrashSubmissions_getInstance", invalid: checkID(id)})
	crash := single(call, id, newBetaFeedbackCrash)
	return value(crash.result(call.BetaFeedbackCrashSubmissionsGetInstance(ctx, id, &params)))
}

func newBetaFeedbackCrash(from *gen.BetaFeedbackCrashSubmission, included []included) (*BetaFeedbackSubmission, error) {
	const wantType = gen.BetaFeedbackCrashSubmissionTypeBetaFeedbackCrashSubmissions
	return feedbackOf(from.ID, from.Attributes, includedBuild(included, from.Relationships.Build.Data)),
		checkResource(from.Type, wantType, from.ID)
}

// Screenshot returns what a tester sent with screenshots.
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-betafeedbackscreenshotsubmissions-_id_
func (s *BetaFeedback) Screenshot(ctx context.Context, id string) (BetaFeedbackSubmission, error) {
	params := gen.BetaFeedbackScreenshotSubmissionsGetInstanceParams{Include: []string{"build"}}
	call := s.c.call(operation{id: "betaFeedbackScreenshotSubmissions_getInstance", invalid: checkID(id)})
	feedback := single(call, id, newBetaFeedbackScreenshot)
	return value(feedback.result(call.BetaFeedbackScreenshotSubmissionsGetInstance(ctx, id, &params)))
}

func newBetaFeedbackScreenshot(
	from *gen.BetaFeedbackScreenshotSubmission, included []included,
) (*BetaFeedbackSubmission, error) {
	const wantType = gen.BetaFeedbackScreenshotSubmissionTypeBetaFeedbackScreenshotSubmissions
	return feedbackOf(from.ID, from.Attributes, includedBuild(included, from.Relationships.Build.Data)),
		checkResource(from.Type, wantType, from.ID)
}

func feedbackOf(id string, from gen.BetaFeedbackScreenshotSubmission_Attributes, build Build) *BetaFeedbackSubmission {
	feedback := &BetaFeedbackSubmission{
		ID: id, CreatedDate: parseDate(from.CreatedDate), Comment: from.Comment, Email: newPersonalData(from.Email),
		DeviceFamily: string(from.DeviceFamily), DeviceModel: from.DeviceModel, OSVersion: from.OsVersion,
		AppPlatform: string(from.AppPlatform), Locale: from.Locale, Build: build,
	}
	for _, image := range from.Screenshots {
		feedback.Screenshots = append(feedback.Screenshots, Screenshot{
			URL: NewDownloadURL(image.URL), ExpirationDate: parseDate(image.ExpirationDate),
			Width: image.Width, Height: image.Height,
		})
	}
	return feedback
}

func (f BetaFeedbackSubmission) id() string { return f.ID }

// CrashLog returns the log of a crash that Crash returns. How long one gets is
// documented nowhere; that 8 MiB are enough is assumed.
//
// https://developer.apple.com/documentation/appstoreconnectapi/get-v1-betafeedbackcrashsubmissions-_id_-crashlog
func (s *BetaFeedback) CrashLog(ctx context.Context, crashID string) (string, error) {
	const id = "betaFeedbackCrashSubmissions_crashLog_getToOneRelated"
	call := s.c.call(operation{id: id, invalid: checkID(crashID), maxBody: maxCrashLog})
	log := single(call, "", newCrashLog)
	got, err := value(log.result(call.BetaFeedbackCrashSubmissionsCrashLogGetToOneRelated(ctx, crashID)))
	return got.text, err
}

const maxCrashLog = 8 << 20

type crashLog struct{ logID, text string }

func newCrashLog(from *gen.BetaCrashLog, _ []included) (*crashLog, error) {
	return &crashLog{from.ID, from.Attributes.LogText}, checkResource(from.Type, gen.BetaCrashLogTypeBetaCrashLogs, from.ID)
}

func (l crashLog) id() string { return l.logID }

// PersonalData is about a person, such as an email address. It prints as
// "[redacted]": under every verb of fmt, in slog, JSON and XML.
type PersonalData struct {
	value func() string // as in Secret
}

func newPersonalData(value string) PersonalData {
	if value == "" {
		return PersonalData{}
	}
	return PersonalData{func() string { return value }}
}

// IsZero reports whether there is none.
func (d PersonalData) IsZero() bool { return d.value == nil }

// Reveal returns what it is.
func (d PersonalData) Reveal() string {
	if d.value == nil {
		return ""
	}
	return d.value()
}

// Format implements fmt.Formatter.
func (d PersonalData) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue implements slog.LogValuer.
func (d PersonalData) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements encoding.TextMarshaler.
func (d PersonalData) MarshalText() ([]byte, error) { return []byte(redacted), nil }
