//! A schema as the collector runs it.

use serde_json::Value;

use super::directory::{Directory, Key};
use super::foreign::Foreign;
use super::kinds::Kinds;
use super::number::Number;
use super::places::Places;

/// A compiled schema: nodes that refer to each other by their places in one list.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) nodes: Vec<Node>,
    pub(super) root: NodeId,
}

/// A place in the list of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeId(pub(super) usize);

/// What is demanded of one value.
#[derive(Debug)]
pub(super) enum Node {
    /// Nothing.
    Anything,
    /// What cannot be.
    Never,
    /// The same as of another.
    Same(NodeId),
    /// The same as of another, or null.
    OrNull(NodeId),
    /// Rules that are checked one by one, while the value is read.
    Rules(Box<Rules>),
    /// Rules that are checked at once, when the value has been read.
    Foreign(Box<Foreign>),
}

#[derive(Debug)]
pub(super) struct Rules {
    pub(super) kinds: Kinds,
    /// Whether strings may stand here, held to their length alone.
    pub(super) is_plain_text: bool,
    /// Whether both booleans may stand here.
    pub(super) is_plain_bool: bool,
    /// Scalars.
    pub(super) one_of: Option<Vec<Value>>,
    pub(super) text: TextRules,
    pub(super) number: NumberRules,
    pub(super) array: ArrayRules,
    pub(super) object: ObjectRules,
}

/// Lengths are counted in characters (code points).
#[derive(Debug, Default)]
pub(super) struct TextRules {
    pub(super) min: Option<usize>,
    pub(super) max: Option<usize>,
    pub(super) pattern: Option<Foreign>,
    pub(super) format: Option<(String, Foreign)>,
}

#[derive(Debug, Default)]
pub(super) struct NumberRules {
    pub(super) min: Option<Number>,
    pub(super) max: Option<Number>,
    pub(super) over: Option<Number>,
    pub(super) under: Option<Number>,
    pub(super) multiple_of: Option<u64>,
}

#[derive(Debug, Default)]
pub(super) struct ArrayRules {
    pub(super) first: Vec<NodeId>,
    pub(super) rest: Option<NodeId>,
    pub(super) min: Option<usize>,
    pub(super) max: Option<usize>,
    pub(super) unique: bool,
}

#[derive(Debug, Default)]
pub(super) struct ObjectRules {
    /// In the order of their names.
    pub(super) members: Vec<Member>,
    /// Where they stand, unless their names are too many or too much alike.
    pub(super) directory: Option<Directory>,
    /// The places of those that must be there.
    pub(super) required: Places,
    /// What is demanded of all other members; if nothing is said, there may be none.
    pub(super) others: Option<NodeId>,
    pub(super) min: Option<usize>,
    pub(super) max: Option<usize>,
}

#[derive(Debug)]
pub(super) struct Member {
    key: Key,
    pub(super) name: Box<str>,
    /// Where it stands among the others.
    pub(super) place: usize,
    pub(super) node: NodeId,
}

impl Program {
    /// The program that demands nothing but what holds of every body.
    pub(super) fn of_anything() -> Self {
        Self {
            nodes: vec![Node::Anything],
            root: NodeId(0),
        }
    }

    /// The same, with each reference followed ahead as far as it goes.
    pub(super) fn shortened(mut self) -> Self {
        let last = |mut id: NodeId| {
            for _ in 0..=self.nodes.len() {
                match self.nodes.get(id.0) {
                    Some(Node::Same(next)) => id = *next,
                    _ => break,
                }
            }
            id
        };
        let ends: Vec<NodeId> = (0..self.nodes.len()).map(|id| last(NodeId(id))).collect();
        let shorten = |id: &mut NodeId| *id = ends.get(id.0).copied().unwrap_or(*id);
        shorten(&mut self.root);
        for node in &mut self.nodes {
            match node {
                Node::Same(id) | Node::OrNull(id) => shorten(id),
                Node::Rules(rules) => {
                    let Rules { array, object, .. } = &mut **rules;
                    array
                        .first
                        .iter_mut()
                        .chain(&mut array.rest)
                        .for_each(shorten);
                    object.others.iter_mut().for_each(shorten);
                    object
                        .members
                        .iter_mut()
                        .for_each(|member| shorten(&mut member.node));
                }
                Node::Anything | Node::Never | Node::Foreign(_) => {}
            }
        }
        self
    }

    /// Whether no value is read into a tree before it is checked.
    pub(super) fn is_one_pass(&self) -> bool {
        !self
            .nodes
            .iter()
            .any(|node| matches!(node, Node::Foreign(_)))
    }

    /// The node that stands at `id`.
    #[inline]
    pub(super) fn at(&self, id: NodeId) -> &Node {
        self.nodes.get(id.0).unwrap_or(&Node::Never)
    }

    /// What a node comes to once references are followed, and whether null will do as well.
    pub(super) fn resolve<'p>(&'p self, mut node: &'p Node) -> (&'p Node, bool) {
        let mut or_null = false;
        // Each step follows a reference; going around in circles demands what cannot be.
        for _ in 0..=self.nodes.len() {
            match node {
                Node::Same(next) => node = self.at(*next),
                Node::OrNull(next) => (node, or_null) = (self.at(*next), true),
                node => return (node, or_null),
            }
        }
        (&Node::Never, false)
    }
}

impl ArrayRules {
    /// What is demanded of the item at `index`.
    #[inline]
    pub(super) fn at(&self, index: usize) -> Option<NodeId> {
        self.first.get(index).copied().or(self.rest)
    }
}

impl Member {
    pub(super) fn new(name: &str, place: usize, node: NodeId) -> Self {
        Self {
            key: Key::of(name),
            name: name.into(),
            place,
            node,
        }
    }
}

impl ObjectRules {
    /// The member `name`.
    #[inline]
    pub(super) fn find(&self, name: &str) -> Option<&Member> {
        let key = Key::of(name);
        let place = if let Some(directory) = &self.directory {
            directory.place(key)?
        } else {
            let order = |member: &Member| member.name.as_ref().cmp(name);
            self.members.binary_search_by(order).ok()?
        };
        let is_it = |member: &&Member| {
            member.key == key && (key.is_whole() || member.name.as_ref() == name)
        };
        self.members.get(place).filter(is_it)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_member_is_found_by_its_whole_name(
            names in proptest::collection::btree_set("[\0ab]{0,10}", 0..24), asked in "[\0ab]{0,10}", quick: bool,
        ) {
            let member = |(i, name): (usize, &String)| Member::new(name, i, NodeId(i));
            let rules = ObjectRules {
                members: names.iter().enumerate().map(member).collect(),
                directory: Directory::of(&names.iter().map(String::as_str).collect::<Vec<_>>()).filter(|_| quick),
                ..ObjectRules::default()
            };
            for name in names.iter().chain([&asked]) {
                let found = rules.find(name).map(|member| (member.place, member.node.0));
                let place = names.iter().position(|known| known == name);
                prop_assert_eq!(found, place.map(|place| (place, place)));
            }
        }
    }
}
