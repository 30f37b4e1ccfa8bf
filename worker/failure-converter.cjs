// Failures as Temporal stores them when payloads are encrypted: message and stack trace move into a payload, which the
// codec encrypts. Loaded by its path, by the worker and into the workflows' bundle, so it is what both can load.
const { DefaultFailureConverter } = require('@temporalio/common');

exports.failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
