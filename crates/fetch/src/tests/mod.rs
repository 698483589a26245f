//! The fetcher against servers, resolvers and networks that mean it ill. Numbers at the end of names are items of the list
//! of hostile inputs that Readout must survive: 1 addresses, 2 names, 3 redirects, 4 proxies, 5 slowness and broken
//! answers, 6 bombs, 7 resuming, 8 manners, 9 TLS.

mod addresses;
mod corpus;
mod documents;
mod downloads;
mod live;
mod names;
mod namespace;
mod properties;
mod tls;
