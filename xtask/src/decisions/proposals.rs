//! Proposals and lists of them: RFC 9420 §12.1 to §12.3.

use copath_rules::rule;

use super::Decision;

pub(super) const DECISIONS: &[Decision] = &[
    Decision {
        rule: rule!("12.1-04"),
        open: "A proposal of an unknown type has no length, so nothing behind it can be read",
        taken: "refuses the message, and names the type; the application registers types with the shape of their bodies",
        why: "a guess could read one message in two ways",
        tests: &[
            "unregistered_proposals_cannot_be_read",
            "registered_proposals_keep_their_octets",
            "an_unregistered_type_is_named_with_its_place",
        ],
    },
    Decision {
        rule: rule!("12.1.1-03"),
        open: "\"Intermediate node\" leaves out the root",
        taken: "adds a new leaf to the unmerged leaves of the root, too",
        why: "path secrets above the leaf are unknown to it at the root as well; the working group's vectors agree",
        tests: &["paged_and_naive_trees_are_equal", "tree_operations"],
    },
    Decision {
        rule: rule!("12.1.2-04"),
        open: "To which key paths are encrypted in the commit that covers an Update, and how long the old one is kept",
        taken: "encrypts to the new key; the proposer keeps the old key and that of each of its Updates until a commit decides",
        why: "the path is computed on the tree after the proposals; which Update is covered is the committer's choice",
        tests: &["the_proposer_of_an_update_keeps_both_keys", "any_of_several_updates_may_be_committed"],
    },
    Decision {
        rule: rule!("12.1.3-03"),
        open: "How a member leaves, as no commit may remove its committer",
        taken: "lets a member propose its own removal, which another commits; SelfRemove of the extensions draft can be registered",
        why: "the rule is about committers; external joiners can take along what is registered for them alone",
        tests: &["a_remove_of_the_committer"],
    },
    Decision {
        rule: rule!("12.1.5-03"),
        open: "Whether a ReInit to an unknown suite or version, or to the group's own id, is invalid",
        taken: "doesn't send the first two; when received they close the group, and no successor can be made. The old id may be used again",
        why: "members that know the suite accept the commit, and refusing would fork the group; a closed group is no present one (12.4.3-04)",
        tests: &[
            "a_reinit_that_leads_nowhere_closes_the_group_but_is_not_sent",
            "a_successor_may_keep_the_id_of_the_closed_group",
        ],
    },
    Decision {
        rule: rule!("12.1.7-03"),
        open: "Whether new extensions of the group need the support of all, as §13.4 implies, or only the required capabilities do",
        taken: "refuses an extension that some member of the resulting group doesn't list",
        why: "every later newcomer would find an invalid tree",
        tests: &["everybody_who_stays_supports_the_extensions", "new_extensions_are_in_force_for_the_list"],
    },
    Decision {
        rule: rule!("12.1.7-04"),
        open: "What becomes of extensions in a GroupContext that belong elsewhere, an external_pub for instance",
        taken: "doesn't send them (17.3-01); ignores them when received",
        why: "no text demands a refusal, and members that refuse alone fork the group",
        tests: &["extensions_in_the_wrong_place"],
    },
    Decision {
        rule: rule!("12.2-02"),
        open: "The list of invalid lists leaves out references that nobody knows (erratum 8815, reported)",
        taken: "refuses the commit",
        why: "the proposal can't be applied",
        tests: &["references_that_lead_nowhere", "a_reference_covers_the_framing"],
    },
    Decision {
        rule: rule!("12.2-10"),
        open: "Whether one pre-shared key may be proposed twice with two nonces",
        taken: "accepts it: the ids differ",
        why: "the letter allows it, it harms nobody, and members that refuse alone fork the group",
        tests: &["the_same_psk_with_two_nonces", "lists_of_proposals_by_value"],
    },
    Decision {
        rule: rule!("12.2-22"),
        open: "Whether an external commit may name one PreSharedKeyID twice",
        taken: "refuses it by rule 12.2-10",
        why: "nothing in that rule's reason depends on who commits",
        tests: &["lists_that_break_one_rule", "pre_shared_keys_in_an_external_commit"],
    },
    Decision {
        rule: rule!("12.3-03"),
        open: "Whether the tree shrinks after each Remove, or once before the Adds",
        taken: "once; the tree is the same",
        why: "it depends on the last filled leaf alone",
        tests: &["it_does_not_matter_when_the_tree_shrinks"],
    },
];
