// Package catalog owns what a shop's catalogue is and how a provider's pages
// become it: the settings an operator edits, the division into pages, the
// reading of a page, and the comparison with what was stored before.
//
// It promises:
//   - a provider is data: every difference between providers is in [Settings];
//   - money is exact: no price ever passes through a float;
//   - one bad item never costs its page: it is reported and the rest is read;
//   - an item whose mapped fields did not change is not written again,
//     whatever the provider did to its formatting;
//   - an item is marked unavailable only through [Manifests.Missing], and
//     written again as soon as the provider lists it again;
//   - a page that lists fewer items than its own total promises makes none of
//     them missing.
//
// The package is pure: it has no clock, no network and no database.
package catalog
