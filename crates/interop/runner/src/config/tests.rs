//! Mistakes are found where they are.

use super::*;

fn mistake(text: &str) -> String {
    parse("dir/some.json", text).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn unknown_actions_are_named_with_file_line_and_a_hint() {
    let text = "{\"scripts\": {\n  \"one\": [\n    {\"action\": \"createGroup\", \"actor\": \"a\"},\n    {\n      \
                \"actor\": \"a\",\n      \"action\": \"fullComit\"\n    }\n  ]\n}}";
    let expected = "dir/some.json:6: unknown action \"fullComit\"; did you mean \"fullCommit\"?";
    assert_eq!(mistake(text), expected);
    let nonsense = text.replace("fullComit", "xyz");
    assert_eq!(mistake(&nonsense), "dir/some.json:6: unknown action \"xyz\"");
}

#[test]
fn unknown_fields_and_wrong_types_are_named() {
    let text =
        "{\"scripts\": {\"one\": [\n{\"action\": \"fullCommit\", \"actor\": \"a\",\n\"forcepath\": true}]}}";
    let expected = "dir/some.json:3: fullCommit: unknown field \"forcepath\"; did you mean \"forcePath\"?";
    assert_eq!(mistake(text), expected);
    let text = "{\"scripts\": {\"one\": [\n{\"action\": \"createGroup\", \"actor\": 5}]}}";
    assert!(
        mistake(text).starts_with("dir/some.json:2: createGroup: invalid type: integer"),
        "{}",
        mistake(text)
    );
    let text = "{\"scripts\": {\"one\": [\n{\"actor\": \"a\"}]}}";
    assert_eq!(mistake(text), "dir/some.json:2: a step without an action");
    assert!(mistake("{\n\"scripts\": {\"one\": [}").starts_with("dir/some.json:2: "));
}

#[test]
fn references_are_checked() {
    let text = "{\"scripts\": {\"one\": [\n{\"action\": \"createGroup\", \"actor\": \"a\"},\n\
                {\"action\": \"addProposal\", \"actor\": \"a\", \"keyPackage\": 0}]}}";
    let expected = "dir/some.json:3: script one, addProposal: step 0 should make a key package, but: nothing";
    assert_eq!(mistake(text), expected);
    let later = text.replace("\"keyPackage\": 0", "\"keyPackage\": 1");
    assert!(mistake(&later).ends_with("step 1 should make a key package, but: isn't an earlier step"));
    let text =
        "{\"scripts\": {\"one\": [\n{\"action\": \"reinit\", \"committer\": \"a\", \"welcomer\": \"b\"}]}}";
    assert!(mistake(text).ends_with("needs either a proposer or an externalReinitProposal"));
}

#[test]
fn both_spellings_of_options_mean_the_same() {
    for spelling in ["forcePath", "force_path"] {
        let text = format!(
            "{{\"scripts\": {{\"one\": [{{\"action\": \"branch\", \"actor\": \"a\", \"members\": [\"b\"], \
             \"{spelling}\": true, \"extensions\": [{{\"extension_type\": 3, \"extension_data\": \"AAAA\"}}]}}]}}}}"
        );
        let scripts = parse("x.json", &text).unwrap();
        let Action::Branch(branch) = &scripts[0].steps[0].action else { panic!("no branch") };
        assert_eq!(branch.options, Options { force_path: true, external_tree: false });
        assert_eq!(branch.extensions[0].extension_data, [0, 0, 0]);
        assert_eq!(scripts[0].actors(), ["a", "b"]);
    }
}
