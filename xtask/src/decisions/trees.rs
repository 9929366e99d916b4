//! The ratchet tree, the key schedule, the secret tree: RFC 9420 §7 to §9.

use copath_rules::rule;

use super::Decision;

pub(super) const DECISIONS: &[Decision] = &[
    Decision {
        rule: rule!("7.1-01"),
        open: "Whether a sorted list of unmerged leaves may name one twice",
        taken: "refuses it",
        why: "no operation makes such a list, and a path secret would be encrypted twice to the same leaf",
        tests: &["unmerged_leaves_ascend"],
    },
    Decision {
        rule: rule!("7.2-02"),
        open: "What a receiver makes of default types that a leaf lists though it mustn't",
        taken: "ignores them; they are supported in any case",
        why: "the rule binds who writes the leaf; widely used implementations list them",
        tests: &[
            "what_a_leaf_may_say",
            "adds_of_leaves_that_are_unusual_but_valid",
            "defaults_are_supported_without_being_listed",
        ],
    },
    Decision {
        rule: rule!("7.2-12"),
        open: "What a lifetime means that ends before it begins",
        taken: "neither sends nor accepts it, also in the tree of a joiner",
        why: "there is no time at which it could be valid",
        tests: &["lifetimes", "lifetimes_include_both_ends", "parameters_that_break_one_rule"],
    },
    Decision {
        rule: rule!("7.3-05"),
        open: "Default types mustn't be listed (§7.2), yet two checks of §7.3 ask for the listing",
        taken: "counts defaults as supported, where they are required and where a leaf carries them",
        why: "otherwise nobody could carry an application_id, or require a default",
        tests: &[
            "default_types_may_be_used_and_required",
            "what_a_leaf_may_say",
            "leaves_are_consistent_in_themselves",
        ],
    },
    Decision {
        rule: rule!("7.3-06"),
        open: "What it means that a leaf is compatible with the group's parameters",
        taken: "its capabilities list the group's version and suite",
        why: "the two lists have no other purpose",
        tests: &[
            "leaves_that_do_not_fit_the_group",
            "leaves_that_break_one_rule",
            "a_leaf_is_consistent_in_itself",
        ],
    },
    Decision {
        rule: rule!("7.3-11"),
        open: "Whether a joiner refuses a tree whose leaves have expired meanwhile",
        taken: "accepts it, unless the policy says otherwise (`LifetimePolicy::old_leaves`)",
        why: "the leaves were valid when they were added; refusing would close old groups to newcomers",
        tests: &["old_leaves_are_a_matter_of_policy", "lifetimes"],
    },
    Decision {
        rule: rule!("7.3-17"),
        open: "Which sources the leaves of a received tree may have",
        taken: "any of the three, each signed over its own context",
        why: "members that never committed have leaves of key packages, others of updates",
        tests: &["the_source_fits_the_entry", "honest_trees_are_accepted"],
    },
    Decision {
        rule: rule!("7.3-20"),
        open: "Whether keys and credential types are compared with the tree before or after the proposals",
        taken: "compares with the tree that results",
        why: "otherwise a member couldn't be removed and added again in one commit; the proposals of a list have one effect",
        tests: &[
            "keys_are_unique_on_the_resulting_tree",
            "credential_types_are_supported_on_both_sides",
            "lists_that_are_close_to_invalid",
        ],
    },
    Decision {
        rule: rule!("7.4-02"),
        open: "A figure and a sentence give keys to the direct path, and derive the leaf's key pair",
        taken: "gives keys to the filtered direct path alone; the leaf's key pair is fresh",
        why: "the rules on UpdatePath and the working group's vectors agree on it",
        tests: &[
            "every_path_has_fresh_keys_for_the_filtered_path",
            "two_paths_in_a_row_have_no_key_in_common",
        ],
    },
    Decision {
        rule: rule!("7.5-02"),
        open: "The path is said to include the root, which may be filtered out",
        taken: "leaves it out then; a sole member's path is empty, its commit secret random",
        why: "the filtered direct path is defined so; nobody else needs the secret",
        tests: &["members_without_neighbours_have_short_paths"],
    },
    Decision {
        rule: rule!("7.5-12"),
        open: "Whether the length of a decrypted path secret is checked",
        taken: "refuses any length but that of the hash",
        why: "path secrets are made with this length, and the KDF is defined for no shorter key",
        tests: &[
            "a_path_secret_has_the_right_length",
            "path_secrets_of_another_length",
            "a_joiner_refuses_a_wrong_path_secret",
        ],
    },
    Decision {
        rule: rule!("7.7-02"),
        open: "The sample code for linked trees fails when a tree of one leaf shrinks",
        taken: "stops at one leaf",
        why: "samples aren't normative; a group has a member",
        tests: &["leaves_take_the_leftmost_places_and_the_tree_shrinks", "paged_and_naive_trees_are_equal"],
    },
    Decision {
        rule: rule!("7.9-03"),
        open: "Only the root is said to have an empty parent hash, but the root may be filtered out",
        taken: "gives the empty one to the highest node of the filtered path",
        why: "nothing is above it that could be hashed; known implementations agree",
        tests: &["members_without_neighbours_have_short_paths"],
    },
    Decision {
        rule: rule!("7.9.2-06"),
        open: "Whether a node may have a parent hash that fits no node above it any more",
        taken: "accepts it, as long as each filled parent has one valid link from below",
        why: "commits of others leave such nodes behind; refusing them would refuse honest trees",
        tests: &["honest_trees_are_accepted"],
    },
    Decision {
        rule: rule!("8.2-01"),
        open: "One sentence takes the confirmation tag over the structure that is hashed, not over the hash",
        taken: "takes it over the confirmed transcript hash",
        why: "§6.1 and the working group's vectors say so",
        tests: &["transcript_hashes"],
    },
    Decision {
        rule: rule!("8.2-04"),
        open: "The interim hash of epoch 0 is empty by §8.2, computed from the tag by §11",
        taken: "computes it",
        why: "external joiners compute it from the GroupInfo and know no exception; other implementations do so",
        tests: &[
            "interim_hash_of_epoch_0_is_computed_from_its_tag",
            "the_creator_accepts_an_external_commit_to_epoch_zero",
        ],
    },
    Decision {
        rule: rule!("8.4-03"),
        open: "The figure exchanges salt and input of the formula that chains pre-shared keys",
        taken: "follows the formula",
        why: "the working group's vectors do",
        tests: &["psk_chain_follows_the_formula", "psk_secret"],
    },
    Decision {
        rule: rule!("8.4-06"),
        open: "What happens to more pre-shared keys than the label can count",
        taken: "refuses more than 65,535",
        why: "a count that wraps would give two lists one secret",
        tests: &["more_psks_than_a_label_can_count_are_refused"],
    },
    Decision {
        rule: rule!("9.1-03"),
        open: "What follows the last generation of a ratchet",
        taken: "nothing: sending stops before it, until the next epoch; a receiver still takes it",
        why: "a generation that wraps uses a key twice; a rule for senders is no reason to refuse",
        tests: &["sending_stops_before_the_last_generation"],
    },
    Decision {
        rule: rule!("9.2-05"),
        open: "Whether a key is consumed by a message that opens and is then refused",
        taken: "consumes nothing until the content is found valid",
        why: "a member who knows the key of another's next message, as all do, could otherwise use it up with a forged signature",
        tests: &[
            "an_aead_key_opens_its_message_and_no_other_and_signs_nothing",
            "a_forged_message_uses_no_key_up",
        ],
    },
];
