package notification

import "time"

// appKinds are those of the events about an app of your own. In Apple's
// examples those of background assets are flat.
var appKinds = []*kind{
	{typ: "appStoreVersionAppVersionStateUpdated", new: newOf[AppStoreVersionAppVersionStateUpdated],
		instance: "appStoreVersions", states: asValue, before: "PREPARE_FOR_SUBMISSION", after: "READY_FOR_REVIEW"},
	{typ: "buildUploadStateUpdated", new: newOf[BuildUploadStateUpdated],
		instance: "buildUploads", states: asState, before: "PROCESSING", after: "COMPLETE"},
	{typ: "buildBetaDetailExternalBuildStateUpdated", new: newOf[BuildBetaDetailExternalBuildStateUpdated],
		instance: "buildBetaDetails", states: asExternalBuildState, before: "IN_BETA_REVIEW", after: "BETA_APPROVED"},
	{typ: "betaFeedbackCrashSubmissionCreated", new: newOf[BetaFeedbackCrashSubmissionCreated],
		instance: "betaFeedbackCrashSubmissions"},
	{typ: "betaFeedbackScreenshotSubmissionCreated", new: newOf[BetaFeedbackScreenshotSubmissionCreated],
		instance: "betaFeedbackScreenshotSubmissions"},
	{typ: "backgroundAssetVersionStateUpdated", new: newOf[BackgroundAssetVersionStateUpdated], flat: true,
		instance: "backgroundAssetVersions", states: asState, before: "PROCESSING", after: "COMPLETE"},
	{typ: "backgroundAssetVersionInternalBetaReleaseCreated",
		new:      newOf[BackgroundAssetVersionInternalBetaReleaseCreated],
		instance: "backgroundAssetVersionInternalBetaReleases", flat: true},
	{typ: "backgroundAssetVersionExternalBetaReleaseStateUpdated",
		new:      newOf[BackgroundAssetVersionExternalBetaReleaseStateUpdated],
		instance: "backgroundAssetVersionExternalBetaReleases", flat: true,
		states: asState, before: "PROCESSING_FOR_TESTING", after: "READY_FOR_TESTING"},
	{typ: "backgroundAssetVersionAppStoreReleaseStateUpdated",
		new:      newOf[BackgroundAssetVersionAppStoreReleaseStateUpdated],
		instance: "backgroundAssetVersionAppStoreReleases", flat: true,
		states: asState, before: "PROCESSING_FOR_DISTRIBUTION", after: "READY_FOR_DISTRIBUTION"},
}

// A StateChange is the content of each event that reports a new state. It does
// not name the app: the webhook that receives it belongs to one.
type StateChange struct {
	InstanceID string    // relationships.instance: what changed; each event names its resource
	Old, New   string    // oldState and newState, oldValue and newValue, or the like; Old may be empty
	Timestamp  time.Time // timestamp, in UTC
}

func (e *StateChange) transfer(c *codec) {
	c.instance(&e.InstanceID)
	c.states(&e.Old, &e.New)
	c.timestamp(&e.Timestamp)
}

// A Creation is the content of each event that reports something new. It does
// not name the app: the webhook that receives it belongs to one.
type Creation struct {
	InstanceID string    // relationships.instance: what was created; each event names its resource
	Timestamp  time.Time // timestamp, in UTC
}

func (e *Creation) transfer(c *codec) {
	c.instance(&e.InstanceID)
	c.timestamp(&e.Timestamp)
}

// AppStoreVersionAppVersionStateUpdated reports that a version of an app (an
// appStoreVersion) moved on in review and release.
type AppStoreVersionAppVersionStateUpdated struct{ StateChange }

// BuildUploadStateUpdated reports that the processing of an uploaded build (a
// buildUpload) moved on. Apple's example has neither an old state nor a
// timestamp.
type BuildUploadStateUpdated struct{ StateChange }

func (e *BuildUploadStateUpdated) transfer(c *codec) {
	c.at = time.Time{}
	e.StateChange.transfer(c)
}

// BuildBetaDetailExternalBuildStateUpdated reports that a build moved on
// towards external testers. The instance is its buildBetaDetail.
type BuildBetaDetailExternalBuildStateUpdated struct{ StateChange }

// BetaFeedbackCrashSubmissionCreated reports that a tester sent feedback about
// a crash: a betaFeedbackCrashSubmission.
type BetaFeedbackCrashSubmissionCreated struct{ Creation }

// BetaFeedbackScreenshotSubmissionCreated reports that a tester sent feedback
// with a screenshot: a betaFeedbackScreenshotSubmission.
type BetaFeedbackScreenshotSubmissionCreated struct{ Creation }

// BackgroundAssetVersionStateUpdated reports that the processing of a version
// of an asset pack (a backgroundAssetVersion) moved on.
type BackgroundAssetVersionStateUpdated struct{ StateChange }

// BackgroundAssetVersionInternalBetaReleaseCreated reports that a version of an
// asset pack was released to internal testers: a
// backgroundAssetVersionInternalBetaRelease.
type BackgroundAssetVersionInternalBetaReleaseCreated struct{ Creation }

// BackgroundAssetVersionExternalBetaReleaseStateUpdated reports that the
// release of a version of an asset pack to external testers (a
// backgroundAssetVersionExternalBetaRelease) moved on.
type BackgroundAssetVersionExternalBetaReleaseStateUpdated struct{ StateChange }

// BackgroundAssetVersionAppStoreReleaseStateUpdated reports that the release of
// a version of an asset pack on the App Store (a
// backgroundAssetVersionAppStoreRelease) moved on.
type BackgroundAssetVersionAppStoreReleaseStateUpdated struct{ StateChange }

var pingKind = &kind{typ: "webhookPingCreated", new: newOf[WebhookPingCreated]}

// WebhookPingCreated is what a ping of a webhook posts, to test it. Apple does
// not document its form: the type webhookPingCreated is from public reports.
// Assumed are the type webhookPings, and that any other type with the
// attribute ping set to true is a ping too.
type WebhookPingCreated struct {
	Timestamp time.Time // timestamp, in UTC
}

func (e *WebhookPingCreated) transfer(c *codec) { c.timestamp(&e.Timestamp) }
