with obligations as (
    select as_of_date, known_on, user_key, obligation_kind, due_date
    from {{ ref('int_obligations') }}
    where is_matured and last_on_time_date >= {{ add_months('as_of_date', -24) }}
),

final as (
    select
        obligations.as_of_date,
        obligations.known_on,
        obligations.user_key,
        sum(case
            when
                dues.last_not_on_time_date is null
                or obligations.due_date > dues.last_not_on_time_date then 1
            else 0
        end) as on_time_streak_count,
        {% for name in ['full', 'minimum_only'] -%}
            sum(case
                when obligations.obligation_kind <> 'statement' then null
                when
                    dues.last_not_{{ name }}_date is null
                    or obligations.due_date > dues.last_not_{{ name }}_date then 1
                else 0
            end) as {{ 'full_payment' if name == 'full' else name }}_streak_count
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from obligations
    -- Nobody is left out: dues are counted of all that was matured, too. As an inner join it would
    -- be built on the obligations.
    left join {{ ref('int_dues__summarised') }} as dues
        on
            {{ same_user_night('obligations', 'dues') }}
    group by obligations.as_of_date, obligations.known_on, obligations.user_key
)

select * from final
