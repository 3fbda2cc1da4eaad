//! The demo's stories, written for it.

/// A story of the newsroom.
#[derive(Debug, Clone, Copy)]
pub struct Story {
    /// Its place on the site: `/news/SLUG`.
    pub slug: &'static str,
    /// Who wrote it.
    pub author: &'static str,
    /// Its stages in order.
    pub stages: &'static [Stage],
    /// Kind of the alert that the second stage must raise, if any.
    pub expect: Option<&'static str>,
}

/// What an article's address shows at one time.
#[derive(Debug, Clone, Copy)]
pub enum Stage {
    /// Nothing yet.
    Unpublished,
    /// A cookie dialog in place of the article.
    Consent,
    /// The article.
    Article {
        /// Headline.
        title: &'static str,
        /// Paragraphs.
        text: &'static [&'static str],
    },
}

impl Story {
    /// What it shows at stage `n`.
    pub fn at(&self, n: usize) -> Stage {
        let last = self.stages.last().copied();
        self.stages
            .get(n)
            .copied()
            .or(last)
            .unwrap_or(Stage::Unpublished)
    }
}

/// Every story.
pub const STORIES: [Story; 7] = [
    Story {
        slug: "trump-putin-budapest-meeting",
        author: "Judit Halmos",
        expect: Some("cancelled"),
        stages: &[
            Stage::Article {
                title: "Trump to meet Putin in Budapest within two weeks",
                text: &[
                    "Donald Trump will meet Vladimir Putin in Hungary within the next two weeks to discuss an end to the war in Ukraine, the White House said on Thursday.",
                    "The two presidents agreed on the meeting in a telephone call of more than two hours, which both sides described as productive.",
                    "Before that, US Secretary of State Marco Rubio and Russian Foreign Minister Sergei Lavrov are to hold a preparatory meeting.",
                    "Hungary's prime minister said the city was ready to welcome both leaders.",
                    "It would be their second meeting since the summer, when talks on an air base in the north ended without a result.",
                ],
            },
            Stage::Article {
                title: "Trump's meeting with Putin in Hungary called off",
                text: &[
                    "Donald Trump's planned meeting with Vladimir Putin in Hungary has been called off, the White House said on Tuesday.",
                    "The preparatory meeting between Marco Rubio and Sergei Lavrov was also cancelled after a telephone call between the two negotiators went badly, according to two officials.",
                    "The two presidents agreed on the meeting in a telephone call of more than two hours, which both sides described as productive.",
                    "Hungary's prime minister said the city was ready to welcome both leaders.",
                    "It would have been their second meeting since the summer, when talks on an air base in the north ended without a result.",
                ],
            },
        ],
    },
    Story {
        slug: "ardal-valley-floods",
        author: "Tomas Reuter",
        expect: Some("toll"),
        stages: &[
            Stage::Article {
                title: "Floods sweep through the Ardal valley after days of rain",
                text: &[
                    "At least 12 people have died in floods in the Ardal valley, the emergency service said on Tuesday.",
                    "Helicopters lifted families from rooftops after the river broke its banks in the early morning.",
                    "Some 3,000 people spent the night in schools and sports halls.",
                    "Meteorologists expect the rain to ease later in the week.",
                ],
            },
            Stage::Article {
                title: "Floods sweep through the Ardal valley after days of rain",
                text: &[
                    "At least 15 people have died in floods in the Ardal valley, the emergency service said on Tuesday.",
                    "Helicopters lifted families from rooftops after the river broke its banks in the early morning.",
                    "Some 3,000 people spent the night in schools and sports halls.",
                    "Meteorologists expect the rain to ease later in the week.",
                ],
            },
        ],
    },
    Story {
        slug: "transport-minister-tunnel-contract",
        author: "Ines Calder",
        expect: Some("resigned"),
        stages: &[
            Stage::Article {
                title: "Transport minister under pressure over tunnel contract",
                text: &[
                    "Transport Minister Petra Lindqvist faces growing criticism over a tunnel contract that went to a former adviser.",
                    "The opposition demanded an inquiry, and two newspapers called on her to step down.",
                    "A spokesman said on Monday that the minister had acted correctly at all times.",
                ],
            },
            Stage::Article {
                title: "Transport minister Lindqvist resigns over tunnel contract",
                text: &[
                    "Transport Minister Petra Lindqvist has resigned over a tunnel contract that went to a former adviser, the government announced on Tuesday evening.",
                    "The opposition demanded an inquiry, and two newspapers called on her to step down.",
                    "A spokesman said on Monday that the minister had acted correctly at all times.",
                ],
            },
        ],
    },
    Story {
        slug: "ferry-crews-night-shifts",
        author: "Owen Tarrant",
        expect: Some("scheduled"),
        stages: &[
            Stage::Unpublished,
            Stage::Article {
                title: "Ferry crews to strike for three days from Friday",
                text: &[
                    "Ferry crews on the northern routes will strike for three days from Friday, their union announced on Tuesday.",
                    "The union is asking for longer rest after night shifts.",
                    "The company said that it would run a reduced service.",
                ],
            },
        ],
    },
    Story {
        slug: "old-harbour-bridge-repairs",
        author: "Grace Obi",
        expect: None,
        stages: &[Stage::Article {
            title: "Repairs to the old harbour bridge enter their third year",
            text: &[
                "Engineers are still replacing rivets on the old harbour bridge, which has been closed to lorries for two years.",
                "The city says the work is on schedule, although the weather has slowed it at times.",
                "Shopkeepers on the quay complain of lost customers and of noise.",
            ],
        }],
    },
    Story {
        slug: "museum-night-record-crowds",
        author: "Carlos Bautista",
        expect: None,
        stages: &[
            Stage::Article {
                title: "Museum night draws crowds to the old town",
                text: &[
                    "Thousands of visitors walked through the museums of the old town until the early hours of Sunday.",
                    "The organisers were delighted by the mild wether and by the long queues.",
                    "Many of the houses showed works from their cellars that are seldom seen.",
                ],
            },
            Stage::Article {
                title: "Museum night draws crowds to the old town",
                text: &[
                    "Thousands of visitors walked through the old town's museums until the early hours of Sunday.",
                    "The organisers were delighted by the mild weather and by the long queues.",
                    "Many of the houses showed works from their cellars that are seldom seen.",
                    "Museum nights began in Berlin in the 1990s and have spread to more than a hundred cities.",
                ],
            },
        ],
    },
    Story {
        slug: "grain-harbour-inspection",
        author: "Nadia Petrov",
        expect: None,
        stages: &[
            Stage::Article {
                title: "Inspectors visit the grain harbour",
                text: &[
                    "Inspectors of the shipping authority visited the grain harbour on Monday and looked at four silos.",
                    "They took samples and spoke to the crews of two ships at anchor.",
                    "A report is expected in spring.",
                ],
            },
            Stage::Consent,
        ],
    },
];
