// Package browsertest looks at the sandbox's page in a real browser, headless
// Chromium, and takes the pictures of it in docs/images. It is a module of its
// own, so that the library does not depend on what drives the browser.
package browsertest
