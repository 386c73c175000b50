//! The store on Amazon DynamoDB: one table for what is remembered, two small ones for keys.
