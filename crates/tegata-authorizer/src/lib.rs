//! The Lambda authorizer of API Gateway: verifies access tokens without a database.
