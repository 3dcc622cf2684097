use base64::{engine::general_purpose::STANDARD, Engine};
use http::{HeaderMap, HeaderValue};
use standardwebhooks::Webhook;
use std::io::stdin;
use time::OffsetDateTime;

const NAMES: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];

fn bytes(field: &str) -> Vec<u8> {
    STANDARD.decode(&field[1..]).unwrap()
}

fn text(field: &str) -> String {
    String::from_utf8(bytes(field)).unwrap()
}

/// None if a header cannot contain these bytes.
fn headers(fields: &[&str]) -> Option<HeaderMap> {
    NAMES
        .into_iter()
        .zip(fields)
        .filter(|(_, field)| **field != "-")
        .map(|(name, field)| {
            Some((
                name.parse().ok()?,
                HeaderValue::from_bytes(&bytes(field)).ok()?,
            ))
        })
        .collect()
}

fn main() {
    for line in stdin().lines().map(Result::unwrap) {
        let fields: Vec<&str> = line.split(' ').collect();
        OffsetDateTime::set(text(fields[1]).parse().unwrap());
        let headers = headers(&fields[2..5]);
        let library = Webhook::new(&text(fields[0])).ok();
        let accepted = library
            .zip(headers)
            .is_some_and(|(library, headers)| library.verify(&bytes(fields[5]), &headers).is_ok());
        println!("{accepted}");
    }
}
