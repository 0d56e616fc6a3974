package notification

import "time"

const (
	assetVersionStateUpdated        = "backgroundAssetVersionStateUpdated"
	assetInternalBetaReleaseCreated = "backgroundAssetVersionInternalBetaReleaseCreated"
	assetExternalBetaReleaseUpdated = "backgroundAssetVersionExternalBetaReleaseStateUpdated"
	assetAppStoreReleaseUpdated     = "backgroundAssetVersionAppStoreReleaseStateUpdated"
)

// In Apple's examples these four have no version, and a flat instance.

// BackgroundAssetVersionStateUpdated reports that the processing of a version of
// an asset pack moved on.
type BackgroundAssetVersionStateUpdated struct {
	BackgroundAssetVersionID string    // relationships.instance, of type backgroundAssetVersions
	Old, New                 string    // oldState, newState: such as PROCESSING, FAILED
	Timestamp                time.Time // timestamp, in UTC
}

func decodeAssetVersionStateUpdated(d *data) Event {
	if instance, before, after, complete := d.state(); complete {
		return &BackgroundAssetVersionStateUpdated{instance, before, after, d.at()}
	}
	return nil
}

func (e *BackgroundAssetVersionStateUpdated) wire(at time.Time) data {
	return data{
		Type:       assetVersionStateUpdated,
		Attributes: attributes{OldState: e.Old, NewState: e.New, Timestamp: precisely(e.Timestamp, at)},
		Relationships: relationships{
			Instance: relatedFlat("backgroundAssetVersions", e.BackgroundAssetVersionID),
		},
	}
}

// BackgroundAssetVersionInternalBetaReleaseCreated reports that a version of
// an asset pack was released to internal testers.
type BackgroundAssetVersionInternalBetaReleaseCreated struct {
	InternalBetaReleaseID string    // relationships.instance, of type backgroundAssetVersionInternalBetaReleases
	Timestamp             time.Time // timestamp, in UTC
}

func decodeAssetInternalBetaReleaseCreated(d *data) Event {
	if instance := d.Relationships.Instance.id(); instance != "" {
		return &BackgroundAssetVersionInternalBetaReleaseCreated{instance, d.at()}
	}
	return nil
}

func (e *BackgroundAssetVersionInternalBetaReleaseCreated) wire(at time.Time) data {
	return data{
		Type:       assetInternalBetaReleaseCreated,
		Attributes: attributes{Timestamp: precisely(e.Timestamp, at)},
		Relationships: relationships{
			Instance: relatedFlat("backgroundAssetVersionInternalBetaReleases", e.InternalBetaReleaseID),
		},
	}
}

// BackgroundAssetVersionExternalBetaReleaseStateUpdated reports that the release
// of a version of an asset pack to external testers moved on.
type BackgroundAssetVersionExternalBetaReleaseStateUpdated struct {
	ExternalBetaReleaseID string    // relationships.instance, of type backgroundAssetVersionExternalBetaReleases
	Old, New              string    // oldState, newState: such as PROCESSING_FOR_TESTING, READY_FOR_TESTING
	Timestamp             time.Time // timestamp, in UTC
}

func decodeAssetExternalBetaReleaseUpdated(d *data) Event {
	if instance, before, after, complete := d.state(); complete {
		return &BackgroundAssetVersionExternalBetaReleaseStateUpdated{instance, before, after, d.at()}
	}
	return nil
}

func (e *BackgroundAssetVersionExternalBetaReleaseStateUpdated) wire(at time.Time) data {
	return data{
		Type:       assetExternalBetaReleaseUpdated,
		Attributes: attributes{OldState: e.Old, NewState: e.New, Timestamp: precisely(e.Timestamp, at)},
		Relationships: relationships{
			Instance: relatedFlat("backgroundAssetVersionExternalBetaReleases", e.ExternalBetaReleaseID),
		},
	}
}

// BackgroundAssetVersionAppStoreReleaseStateUpdated reports that the release of
// a version of an asset pack on the App Store moved on.
type BackgroundAssetVersionAppStoreReleaseStateUpdated struct {
	AppStoreReleaseID string    // relationships.instance, of type backgroundAssetVersionAppStoreReleases
	Old, New          string    // oldState, newState: such as PROCESSING_FOR_DISTRIBUTION, READY_FOR_DISTRIBUTION
	Timestamp         time.Time // timestamp, in UTC
}

func decodeAssetAppStoreReleaseUpdated(d *data) Event {
	if instance, before, after, complete := d.state(); complete {
		return &BackgroundAssetVersionAppStoreReleaseStateUpdated{instance, before, after, d.at()}
	}
	return nil
}

func (e *BackgroundAssetVersionAppStoreReleaseStateUpdated) wire(at time.Time) data {
	return data{
		Type:       assetAppStoreReleaseUpdated,
		Attributes: attributes{OldState: e.Old, NewState: e.New, Timestamp: precisely(e.Timestamp, at)},
		Relationships: relationships{
			Instance: relatedFlat("backgroundAssetVersionAppStoreReleases", e.AppStoreReleaseID),
		},
	}
}
