//! The AWS Lambda functions: the same router, cut into one function for each concern.
