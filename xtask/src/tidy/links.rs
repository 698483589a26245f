//! Links in the documents lead somewhere.

use std::collections::BTreeSet;

use super::project::Project;

/// Complains about each link of a Markdown file to a file or heading that is not there. Addresses are not fetched.
pub fn check(project: &Project) -> Vec<String> {
    let mut complaints = Vec::new();
    for (path, text) in project.texts(&[".md"]) {
        for (line, link) in links(text) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (file, heading) =
                link.split_once('#').map_or((link, None), |(file, heading)| (file, Some(heading)));
            let target = if file.is_empty() { Some(path.to_owned()) } else { resolve(path, file) };
            let is_there = |target: &String| {
                project.files.contains_key(target) || project.files.keys().any(|path| is_below(path, target))
            };
            let Some(target) = target.filter(is_there) else {
                complaints.push(format!("{path}:{line}: there is no {file}"));
                continue;
            };
            if let Some(heading) = heading
                && target.ends_with(".md")
                && !headings(project.text(&target).unwrap_or_default()).contains(heading)
            {
                complaints.push(format!("{path}:{line}: {target} has no heading #{heading}"));
            }
        }
    }
    complaints
}

/// Returns the targets of inline links, images, reference definitions and `src` attributes, with their line numbers.
fn links(markdown: &str) -> Vec<(usize, &str)> {
    let mut links = Vec::new();
    for (number, line) in prose(markdown) {
        for (opening, closing) in [("](", ')'), ("src=\"", '"'), ("href=\"", '"')] {
            let targets = line.split(opening).skip(1).filter_map(|rest| rest.split_once(closing));
            links.extend(targets.map(|(target, _)| (number, target.split(' ').next().unwrap_or(target))));
        }
        if let Some((_, target)) = line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")) {
            links.push((number, target.trim()));
        }
    }
    links
}

/// Returns the lines outside of code fences, numbered from 1.
fn prose(markdown: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    (1..).zip(markdown.lines()).filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

/// Returns the anchors of a document's headings, as the usual web views of repositories make them.
fn headings(markdown: &str) -> BTreeSet<String> {
    let titles = prose(markdown).filter(|(_, line)| line.starts_with('#'));
    let anchor = |title: &str| -> String {
        let kept =
            title.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
        kept.collect::<String>().to_lowercase().replace(' ', "-")
    };
    titles.map(|(_, line)| anchor(line.trim_start_matches('#').trim())).collect()
}

/// Joins a link to the folder of the document it stands in; nothing when it leaves the checkout.
fn resolve(document: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = document.split('/').collect();
    parts.pop();
    for part in link.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::super::project::Content;
    use super::*;

    #[test]
    fn links_that_lead_nowhere_are_told_and_others_are_not() {
        let cases = [
            ("[a](../README.md)", None),
            ("[a](../README.md#two-words)", None),
            ("[a](#here) and ![b](../docs/a.md \"title\")", None),
            ("[a](https://example.org/nothing)", None),
            ("```\n[a](nothing.md)\n```", None),
            ("[crates](../crates)", None),
            ("[a](nothing.md)", Some("docs/a.md:3: there is no nothing.md")),
            ("[a](../../outside.md)", Some("docs/a.md:3: there is no ../../outside.md")),
            ("[a]: gone.md", Some("docs/a.md:3: there is no gone.md")),
            ("<img src=\"images/x.png\">", Some("docs/a.md:3: there is no images/x.png")),
            ("[a](../README.md#two)", Some("docs/a.md:3: README.md has no heading #two")),
        ];
        for (line, expected) in cases {
            let mut project = Project::default();
            let texts = [
                ("README.md", "## Two `words`"),
                ("crates/a.rs", ""),
                ("docs/a.md", &format!("# Here\n\n{line}")),
            ];
            for (path, text) in texts {
                project.files.insert(path.into(), Content { bytes: 1, text: Some(text.to_owned()) });
            }
            assert_eq!(
                check(&project),
                expected.map(str::to_owned).into_iter().collect::<Vec<_>>(),
                "{line}"
            );
        }
    }
}
