package notification

import "cmp"

// What several examples are about; internal/sample names the same.
const (
	marketplaceAppID = "6478000000"
	packageID        = "9d5a1ae2-3c0f-4b7e-9a51-2f8f3f1f7a01"
	packageVersionID = "5b0c8f0e-7d7c-4f0b-8d0a-6c2f5f0b7a02"
)

// Examples returns a notification of each type that has an Event, to try a
// receiver on: first those of marketplaceWebhooks, last the ping. The states
// are from Apple's examples, the IDs are invented.
func Examples() []*Notification {
	examples := make([]*Notification, len(kinds))
	for i, k := range kinds {
		d := data{Type: k.typ, Attributes: attributes{
			MarketplaceAppID: marketplaceAppID, AppID: "6478000001", PackageID: packageID, PackageIDs: []string{packageID},
			PackageVersionID: packageVersionID, PackageVersionNum: "1",
			Available: new(true), Territories: []string{"DEU", "FRA"}, OldState: k.before, NewState: k.after,
		}}
		d.Relationships.MarketplaceApp.ID = marketplaceAppID
		d.Relationships.Instance.ID = cmp.Or(k.exampleID, "7e3f1d64-52c8-4d0b-b0a4-1f9a6e2c8b03")
		examples[i] = New(d.event())
		examples[i].Type = k.typ
	}
	return examples
}
