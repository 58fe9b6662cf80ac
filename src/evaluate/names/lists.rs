//! Names to put in, and words that are capitalised without being names of invented places or people.

/// Invented places, none of which is on the map.
#[rustfmt::skip]
pub(super) const PLACES: &[&str] = &[
    "Aldermoss", "Ashlow", "Brackenmere", "Brockstead", "Burnhope", "Calderfold", "Caxley", "Cheswold",
    "Coldharrow", "Cranmoor", "Dunwick", "Eastlow", "Elmscott", "Fernhollow", "Foxcote", "Garthwick",
    "Greywater", "Hallowby", "Hartlow", "Hollinfold", "Inglemoor", "Kelderby", "Kingswell", "Langmere",
    "Larkstead", "Lydcombe", "Marlowick", "Millerby", "Netherfold", "Oakhurstley", "Ormside", "Pennerby",
    "Quarnley", "Ravensett", "Redlow", "Saltmere", "Sandrick", "Selwick", "Stonehallow", "Tarnley",
    "Thistleby", "Underlow", "Wadmoor", "Walderby", "Westlow", "Whinfold", "Wolverstead", "Yarnmouth",
];

/// Given names that do not tell men from women, so that "she" still fits.
#[rustfmt::skip]
pub(super) const GIVEN: &[&str] = &[
    "Addison", "Alexis", "Ariel", "Ashley", "Aubrey", "Blair", "Cameron", "Casey", "Charlie", "Dakota",
    "Darcy", "Ellis", "Emery", "Frankie", "Hadley", "Harley", "Indigo", "Jamie", "Jordan", "Jules",
    "Kendall", "Leigh", "Logan", "Marlow", "Morgan", "Nicky", "Noor", "Parker", "Quinn", "Reese", "Riley",
    "Robin", "Rowan", "Sandy", "Shay", "Sidney", "Skyler", "Taylor", "Toni", "Val",
];

/// Surnames.
#[rustfmt::skip]
pub(super) const SURNAMES: &[&str] = &[
    "Abbot", "Adeyemi", "Ainscough", "Bagshaw", "Bhandari", "Birtles", "Blenkin", "Caddick", "Chowdhury",
    "Clough", "Cotterill", "Dhillon", "Dunmore", "Eccles", "Fairhurst", "Fenn", "Gaskell", "Gillespie",
    "Gopal", "Haddow", "Hebden", "Hinchliffe", "Ibrahim", "Jessop", "Kaur", "Kettle", "Laverty", "Lockyer",
    "Mahmood", "Mellor", "Nightingale", "Nwosu", "Oldroyd", "Pargeter", "Pickles", "Quigley", "Rafferty",
    "Rigby", "Sandhu", "Scholes", "Tattersall", "Tran", "Ullah", "Varley", "Wainwright", "Whittle", "Yeo",
    "Zaman",
];

/// Words before the name of a person.
#[rustfmt::skip]
pub(super) const TITLES: &[&str] = &[
    "Baroness", "Cllr", "Cllrs", "Councillor", "Councillors", "Coun", "Dame", "Dr", "Lady", "Lord", "Miss",
    "Mr", "Mrs", "Ms", "Prof", "Professor", "Rev", "Sir",
];

/// Words before the name of a child or a parent.
#[rustfmt::skip]
pub(super) const RELATIONS: &[&str] = &[
    "boy", "brother", "child", "dad", "daughter", "father", "girl", "grandfather", "grandmother", "husband",
    "mother", "mum", "parent", "partner", "sister", "son", "wife",
];

/// Words after the name of a place.
#[rustfmt::skip]
pub(super) const OF_PLACES: &[&str] = &[
    "Academy", "Avenue", "Borough", "Bridge", "Castle", "Centre", "Church", "City", "College", "Common",
    "Council", "County", "Court", "District", "Gardens", "Green", "Grove", "Hall", "High", "Hill",
    "Hospital", "House", "Infant", "Infants", "Junior", "Lane", "Lodge", "Metropolitan", "Nursery", "Park",
    "Place", "Primary", "Road", "School", "Schools", "Secondary", "Square", "Station", "Street", "Town",
    "Trust", "University",
];

/// Real bodies, laws, schemes, parties, nations, times and firms, and words that English capitalises.
#[rustfmt::skip]
pub(super) const KEPT: &[&str] = &[
    // Times.
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December", "Jan", "Feb", "Mar", "Apr", "Jun", "Jul", "Aug", "Sept", "Sep", "Oct", "Nov",
    "Dec", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "Christmas",
    "Easter", "Michaelmas", "Whitsun", "Ramadan", "Eid", "Covid", "Brexit",
    // Nations, their people and tongues, seats of government.
    "England", "English", "Wales", "Welsh", "Scotland", "Scottish", "Scots", "Ireland", "Irish", "Northern",
    "Ulster", "Britain", "British", "Europe", "European", "London", "Belfast", "Cardiff", "Edinburgh",
    "Whitehall", "Westminster", "Holyrood", "Stormont", "Senedd", "Downing", "Cymru", "Cymraeg", "Gaelic",
    "Midlands", "Roma", "Muslim", "Christian", "Catholic", "Jewish", "Sikh", "Hindu", "Polish", "Romanian",
    "Somali", "Urdu", "Punjabi", "French", "German", "Latin", "American", "Ukrainian",
    // Parties and Parliament.
    "Labour", "Conservative", "Conservatives", "Tory", "Tories", "Liberal", "Democrat", "Democrats", "Lib",
    "Dem", "Dems", "Lab", "Con", "Ind", "Plaid", "Reform", "Greens", "Sinn", "Commons", "Lords",
    "Parliament", "Hansard", "Treasury", "Chancellor", "Speaker", "Cabinet", "Government",
    // Bodies, laws and schemes.
    "Ofsted", "Ofqual", "Estyn", "Education", "Department", "Ombudsman", "Tribunal", "Mencap", "Scope",
    "Contact", "Sendiass", "Unison", "Unite", "Barnardo", "Sense", "Act", "Acts", "Code", "Bill", "Warnock",
    "Lamb", "Timpson", "Safety", "Valve", "Makaton", "Braille", "Asperger", "Aspergers", "Tourette",
    "Tourettes", "Down", "Downs", "Sure", "Start", "Motability", "Blue", "Badge", "Equality", "Families",
    "Children", "Send", "Local", "Ministry", "Convention", "Upper", "Alliance", "Salvation", "Army",
    "Enquire", "Senco", "Agents", "Ysgol", "St", "Saint",
    "Applicant", "Approach", "Aspiration", "Backbencher", "Bank", "Communities", "Democracy", "Designated",
    "Environment", "Exchange", "Grandfather", "Grandmother", "Institute", "Justice", "Mayor", "Organisation",
    "Procedure", "Reporting",
    // Firms and things.
    "Facebook", "Twitter", "Instagram", "Google", "Zoom", "Teams", "YouTube", "WhatsApp", "Excel",
    "Microsoft", "Guardian", "Times", "Telegraph", "Gazette", "Internet",
];
