mod verify;

use base64::{engine::general_purpose::STANDARD, Engine};
use std::io::stdin;

const NAMES: [&str; 3] = ["webhook-id", "webhook-timestamp", "x-ivymail-signature"];

fn bytes(field: &str) -> Vec<u8> {
    STANDARD.decode(&field[1..]).unwrap()
}

fn text(field: &str) -> Option<String> {
    (field != "-").then(|| String::from_utf8(bytes(field)).unwrap())
}

fn main() {
    for line in stdin().lines().map(Result::unwrap) {
        let fields: Vec<&str> = line.split(' ').collect();
        let headers: Vec<Option<String>> = fields[2..5].iter().map(|field| text(field)).collect();
        let header = |name: &str| headers[NAMES.iter().position(|each| *each == name)?].as_deref();
        let now = text(fields[1]).unwrap().parse().unwrap();
        println!(
            "{}",
            verify::verify(&text(fields[0]).unwrap(), header, &bytes(fields[5]), now)
        );
    }
}
