//! The help texts, word for word: `UPDATE_GOLDEN=1 cargo test -p readout --test help` writes them anew.

use std::path::Path;
use std::process::Command;

const VERBS: &[&str] = &[
    "",
    "add",
    "chapters",
    "check",
    "demo",
    "export",
    "models",
    "models list",
    "models pull",
    "models verify",
    "names",
    "names add",
    "names explain",
    "names fix",
    "names import",
    "names list",
    "names rules",
    "names undo",
    "publish",
    "run",
    "search",
    "serve",
    "show",
    "shows",
    "shows add",
    "shows edit",
    "shows export",
    "shows fetch",
    "shows list",
    "shows pause",
    "shows remove",
    "shows resume",
    "status",
    "texts",
    "transcribe",
];

#[test]
fn help_is_as_it_was_last_read_by_a_person() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/help");
    for verb in VERBS {
        let output = Command::new(env!("CARGO_BIN_EXE_readout"))
            .args(verb.split_whitespace())
            .arg("--help")
            .env_remove("READOUT_ARCHIVE")
            .output()
            .unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{verb}");
        let text = String::from_utf8(output.stdout).unwrap();
        let name = if verb.is_empty() { "readout".to_owned() } else { verb.replace(' ', "-") };
        let golden = folder.join(name + ".txt");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&golden, &text).unwrap();
        }
        assert_eq!(text, std::fs::read_to_string(&golden).unwrap_or_default(), "{}", golden.display());
    }
}

#[test]
fn the_hidden_verb_stays_hidden() {
    let output = Command::new(env!("CARGO_BIN_EXE_readout")).arg("--help").output().unwrap();
    assert!(!String::from_utf8(output.stdout).unwrap().contains("decode-worker"));
}
