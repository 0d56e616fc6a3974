package notification

import "time"

const (
	appVersionStateUpdated      = "appStoreVersionAppVersionStateUpdated"
	buildUploadStateUpdated     = "buildUploadStateUpdated"
	externalBuildStateUpdated   = "buildBetaDetailExternalBuildStateUpdated"
	crashSubmissionCreated      = "betaFeedbackCrashSubmissionCreated"
	screenshotSubmissionCreated = "betaFeedbackScreenshotSubmissionCreated"
)

// These events do not name the app: the webhook that they are sent to belongs
// to one.

// AppStoreVersionAppVersionStateUpdated reports that a version of an app
// moved on in review and release.
type AppStoreVersionAppVersionStateUpdated struct {
	AppStoreVersionID string    // relationships.instance, of type appStoreVersions
	Old, New          string    // oldValue, newValue: such as PREPARE_FOR_SUBMISSION, READY_FOR_REVIEW
	Timestamp         time.Time // timestamp, in UTC
}

func decodeAppVersionStateUpdated(d *data) Event {
	if instance, before, after, complete := d.state(); complete {
		return &AppStoreVersionAppVersionStateUpdated{instance, before, after, d.at()}
	}
	return nil
}

func (e *AppStoreVersionAppVersionStateUpdated) wire(at time.Time) data {
	return data{
		Type: appVersionStateUpdated, Version: version,
		Attributes:    attributes{OldValue: e.Old, NewValue: e.New, Timestamp: precisely(e.Timestamp, at)},
		Relationships: relationships{Instance: related("appStoreVersions", e.AppStoreVersionID)},
	}
}

// BuildUploadStateUpdated reports that the processing of an uploaded build moved
// on. In Apple's example it has no old state.
type BuildUploadStateUpdated struct {
	BuildUploadID string    // relationships.instance, of type buildUploads
	Old, New      string    // oldState, newState: such as PROCESSING, COMPLETE; Old may be empty
	Timestamp     time.Time // timestamp, in UTC; Apple sends none, so it is zero
}

func decodeBuildUploadStateUpdated(d *data) Event {
	if instance, before, after, complete := d.state(); complete {
		return &BuildUploadStateUpdated{instance, before, after, d.at()}
	}
	return nil
}

func (e *BuildUploadStateUpdated) wire(_ time.Time) data {
	return data{
		Type: buildUploadStateUpdated, Version: version,
		Attributes:    attributes{OldState: e.Old, NewState: e.New, Timestamp: precisely(e.Timestamp, time.Time{})},
		Relationships: relationships{Instance: related("buildUploads", e.BuildUploadID)},
	}
}

// BuildBetaDetailExternalBuildStateUpdated reports that a build moved on
// towards external testers.
type BuildBetaDetailExternalBuildStateUpdated struct {
	BuildBetaDetailID string    // relationships.instance, of type buildBetaDetails
	Old, New          string    // oldExternalBuildState, newExternalBuildState: such as IN_BETA_REVIEW, BETA_APPROVED
	Timestamp         time.Time // timestamp, in UTC
}

func decodeExternalBuildStateUpdated(d *data) Event {
	if instance, before, after, complete := d.state(); complete {
		return &BuildBetaDetailExternalBuildStateUpdated{instance, before, after, d.at()}
	}
	return nil
}

func (e *BuildBetaDetailExternalBuildStateUpdated) wire(at time.Time) data {
	return data{
		Type: externalBuildStateUpdated, Version: version,
		Attributes: attributes{
			OldExternalBuildState: e.Old, NewExternalBuildState: e.New, Timestamp: precisely(e.Timestamp, at),
		},
		Relationships: relationships{Instance: related("buildBetaDetails", e.BuildBetaDetailID)},
	}
}

// BetaFeedbackCrashSubmissionCreated reports that a tester sent feedback
// about a crash.
type BetaFeedbackCrashSubmissionCreated struct {
	SubmissionID string    // relationships.instance, of type betaFeedbackCrashSubmissions
	Timestamp    time.Time // timestamp, in UTC
}

func decodeCrashSubmissionCreated(d *data) Event {
	if instance := d.Relationships.Instance.id(); instance != "" {
		return &BetaFeedbackCrashSubmissionCreated{instance, d.at()}
	}
	return nil
}

func (e *BetaFeedbackCrashSubmissionCreated) wire(at time.Time) data {
	return data{
		Type: crashSubmissionCreated, Version: version,
		Attributes:    attributes{Timestamp: precisely(e.Timestamp, at)},
		Relationships: relationships{Instance: related("betaFeedbackCrashSubmissions", e.SubmissionID)},
	}
}

// BetaFeedbackScreenshotSubmissionCreated reports that a tester sent feedback
// with a screenshot.
type BetaFeedbackScreenshotSubmissionCreated struct {
	SubmissionID string    // relationships.instance, of type betaFeedbackScreenshotSubmissions
	Timestamp    time.Time // timestamp, in UTC
}

func decodeScreenshotSubmissionCreated(d *data) Event {
	if instance := d.Relationships.Instance.id(); instance != "" {
		return &BetaFeedbackScreenshotSubmissionCreated{instance, d.at()}
	}
	return nil
}

func (e *BetaFeedbackScreenshotSubmissionCreated) wire(at time.Time) data {
	return data{
		Type: screenshotSubmissionCreated, Version: version,
		Attributes:    attributes{Timestamp: precisely(e.Timestamp, at)},
		Relationships: relationships{Instance: related("betaFeedbackScreenshotSubmissions", e.SubmissionID)},
	}
}
