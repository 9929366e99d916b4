//! Key packages, creation, reinitialization, branching: RFC 9420 §10 and §11.

use copath_rules::rule;

use super::Decision;

pub(super) const DECISIONS: &[Decision] = &[
    Decision {
        rule: rule!("10-10"),
        open: "§10 wants the types of KeyPackage extensions listed in capabilities, §13.5 GREASE in leaf extensions alone",
        taken: "lists both in its own; enforces it for leaf extensions only",
        why: "unknown KeyPackage extensions are to be ignored (10-11), and GREASE there needn't be listed",
        tests: &[
            "capabilities_list_what_is_used_and_no_defaults",
            "key_package_extensions_that_nobody_lists_are_tolerated",
        ],
    },
    Decision {
        rule: rule!("10.1-04"),
        open: "The text verifies a KeyPackage under a key in its credential, which may hold none",
        taken: "verifies it under `signature_key` of its leaf",
        why: "a credential that holds a key is bound to that one (5.3-01)",
        tests: &["key_package_signatures_count", "adds_of_key_packages_with_broken_signatures"],
    },
    Decision {
        rule: rule!("11-05"),
        open: "A closing remark speaks of a leaf secret from which the first commit is built",
        taken: "creates the group of one member that the steps describe, without a commit",
        why: "the remark is left over from drafts",
        tests: &["a_new_group_has_one_member_in_epoch_zero"],
    },
    Decision {
        rule: rule!("11-07"),
        open: "As 8.2-04",
        taken: "computes the interim hash of epoch 0 from its tag",
        why: "as 8.2-04",
        tests: &["the_creator_accepts_an_external_commit_to_epoch_zero"],
    },
    Decision {
        rule: rule!("11-08"),
        open: "Nothing has the creator check its own leaf against the group's extensions",
        taken: "refuses to create a group whose creator lacks one",
        why: "nobody could join: the tree would be invalid for every newcomer",
        tests: &["parameters_that_break_one_rule"],
    },
    Decision {
        rule: rule!("11.2-06"),
        open: "PSK proposals of usage reinit are invalid, yet the successor's first commit needs one (§12.1.4)",
        taken: "refuses them everywhere but in that commit, which only the API for successors makes",
        why: "otherwise no group could be reinitialized",
        tests: &[
            "other_proposals_that_are_invalid_by_themselves",
            "three_members_propose_commit_and_continue",
        ],
    },
    Decision {
        rule: rule!("11.3-03"),
        open: "A branch's Welcome is to have the parent's version, but carries none",
        taken: "compares the version of the GroupContext",
        why: "it is the only one there is",
        tests: &["a_welcome_that_does_not_fit_the_parent_is_refused"],
    },
    Decision {
        rule: rule!("11.3-07"),
        open: "As 11.2-06, for usage branch",
        taken: "refuses such proposals everywhere but in the first commit of the branch",
        why: "as 11.2-06",
        tests: &[
            "other_proposals_that_are_invalid_by_themselves",
            "three_of_five_branch_off_and_the_parent_goes_on",
        ],
    },
    Decision {
        rule: rule!("11.3-08"),
        open: "Which epoch of the parent a branch's PSK may name",
        taken: "the present one, and any past one that the joiner hasn't forgotten (`Policy::past_epochs`); the error names the epoch",
        why: "the parent may go on while the Welcome travels, and without its members nothing can be compared",
        tests: &["a_forgotten_epoch_is_named"],
    },
];
