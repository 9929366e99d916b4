//! SVG elements as text.

/// The classes of what is drawn. Colours have a contrast of at least 4.5 to what they stand on.
const STYLE: &str = "\
text{font-family:'DejaVu Sans',Verdana,Arial,sans-serif;font-size:12px;fill:#1f2328}\
.title{font-size:16px;font-weight:bold}\
.note{font-size:11px;fill:#57606a}\
.hash{font-family:'DejaVu Sans Mono',Menlo,Consolas,monospace;font-size:9px;fill:#57606a}\
.warning{font-size:9px;fill:#8a4b08}\
.number{font-size:11px;fill:#ffffff;text-anchor:middle}\
.number-on-blank{font-size:11px;fill:#57606a;text-anchor:middle}\
path{fill:none;stroke:#8c959f;stroke-width:1.2}\
rect{stroke-width:1.2}\
rect.leaf{fill:#1a6b3c;stroke:#1a6b3c}\
rect.parent{fill:#1f5fa8;stroke:#1f5fa8}\
rect.unmerged{fill:#8a4b08;stroke:#8a4b08}\
rect.blank{fill:#ffffff;stroke:#8c959f;stroke-dasharray:3 2}\
polygon{fill:#dde5ee;stroke:#57606a;stroke-width:1.2}";

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Style {
    Title,
    Name,
    Note,
    Hash,
    Warning,
    Number,
    NumberOnBlank,
}

/// Elements, one after the other.
#[derive(Debug, Default)]
pub(super) struct Markup {
    body: String,
}

impl Markup {
    /// Opens the group of a node; `told` is shown by a viewer where the pointer rests.
    pub(super) fn open(&mut self, class: &str, node: u32, told: &str) {
        let told = escaped(told);
        self.add(&format!("<g class=\"node {class}\" id=\"node-{node}\"><title>{told}</title>"));
    }

    pub(super) fn close(&mut self) {
        self.add("</g>");
    }

    pub(super) fn rect(&mut self, class: &str, (x, y): (u32, u32), (width, height): (u32, u32)) {
        self.add(&format!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"4\"/>"
        ));
    }

    /// A triangle that points to the left, where the subtree's root is.
    pub(super) fn triangle(&mut self, (x, y): (u32, u32), size: u32) {
        let (right, middle) = (x.saturating_add(size), y.saturating_add(size / 2));
        let bottom = y.saturating_add(size);
        self.add(&format!("<polygon points=\"{x},{middle} {right},{y} {right},{bottom}\"/>"));
    }

    pub(super) fn path(&mut self, steps: &str) {
        self.add(&format!("<path d=\"{steps}\"/>"));
    }

    pub(super) fn text(&mut self, (x, y): (u32, u32), style: Style, text: &str) {
        let class = match style {
            Style::Title => " class=\"title\"",
            Style::Name => "",
            Style::Note => " class=\"note\"",
            Style::Hash => " class=\"hash\"",
            Style::Warning => " class=\"warning\"",
            Style::Number => " class=\"number\"",
            Style::NumberOnBlank => " class=\"number-on-blank\"",
        };
        self.add(&format!("<text x=\"{x}\" y=\"{y}\"{class}>{}</text>", escaped(text)));
    }

    /// The whole document.
    pub(super) fn document(self, width: u32, height: u32, title: &str) -> String {
        let (body, title) = (self.body, escaped(title));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
             <rect x=\"0\" y=\"0\" width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n{body}</svg>\n"
        )
    }

    fn add(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }
}

/// Text for XML; what XML can't hold has been escaped before.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            other => escaped.push(other),
        }
    }
    escaped
}
